"""`basinmap scot|cil|pic`: the documents that are a list of pages."""

from __future__ import annotations

import argparse
import datetime as dt
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd

import basinmap as bm
from basinmap.cli.files import figures_of
from basinmap.cli.museums import add_areas, areas_of, establishments_of, streets_of
from basinmap.cli.options import add_data, add_signature, add_units, day_of
from basinmap.cli.places import Where, outlines_of, where
from basinmap.cli.words import say
from basinmap.deliverables.choices import CLASSES, COMPARISON
from basinmap.errors import DataError
from basinmap.export.document_themes import DocumentTheme
from basinmap.territory.lists import Communes

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser
    from basinmap.territory.perimeters import Perimeter

__all__ = [
    "add_document",
    "add_shown",
    "area_of",
    "fill",
    "formats_of",
    "former_of",
    "indicators_of",
    "list_files",
    "look_of",
    "plates_of",
    "texts_of",
]

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
    add_shown(command)
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
    group = command.add_argument_group(say("layout"))
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


def add_shown(command: Parser) -> None:
    """
    Add which indicators a document prints, how it cuts them, and what came before.

    Parameters
    ----------
    command
        A parser.
    """
    group = command.add_argument_group(say("contents"))
    group.add_argument(
        "--indicators",
        metavar="L04,D02",
        help=say("indicators that are printed, between commas (all there are)"),
    )
    group.add_argument(
        "--classes",
        choices=CLASSES,
        default=CLASSES[0],
        help=say(
            "of which communes the classes of rates are: those of the document, or of "
            "the whole bassin, so that a rate has one colour from volume to volume"
        ),
    )
    group.add_argument(
        "--former",
        metavar=say("FILE"),
        nargs="+",
        action="extend",
        default=[],
        help=say(
            "files of the previous edition, read as those of --data: a page sets both "
            "side by side, on the communes of today"
        ),
    )
    group.add_argument(
        "--former-vintage",
        metavar=say("YEAR"),
        type=int,
        help=say("year of their figures, where a file does not say it"),
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
            help=say(
                "visitors by year: a table with columns year and visitors, and what "
                "changed in the count from a year on"
            ),
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
        group.add_argument(
            "--questions",
            metavar=say("FILE"),
            help=say("questions of your own in place of the fourteen: a TOML file"),
        )
        group.add_argument(
            "--studies",
            metavar=say("FILE"),
            help=say(
                "studies of the year: a table with columns etude and resultat, and "
                "date, carnet where they are known"
            ),
        )
        add_areas(command)
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


def indicators_of(given: argparse.Namespace) -> list[str] | None:
    """
    Return the indicators that are asked for, None for all.

    Parameters
    ----------
    given
        The options of `add_shown`.
    """
    if given.indicators is None:
        return None
    return [part for part in re.split(r"[,;\s]+", given.indicators) if part]


def former_of(given: argparse.Namespace, communes: Communes) -> pd.DataFrame | None:
    """
    Return the counts of the previous edition, if they are given.

    Parameters
    ----------
    given
        The options of `add_shown` and of `add_data`.
    communes
        The list that figures are brought to.
    """
    if not given.former:
        return None
    then = argparse.Namespace(**vars(given))
    then.data, then.vintage = given.former, given.former_vintage
    return figures_of(then, communes, ()).table


def area_of(found: Where) -> Perimeter:
    """
    Return the perimeter that is asked for.

    Parameters
    ----------
    found
        What `where` returned.

    Raises
    ------
    DataError
        If none is.
    """
    if found.perimeter is None:
        msg = say("say of which territory: --epci, --scot, --perimeter or --communes")
        raise DataError(msg)
    return found.perimeter


def _perimeter(given: argparse.Namespace) -> Perimeter | None:
    return where(given).perimeter


def _counts(given: argparse.Namespace) -> pd.DataFrame | None:
    """Read the files, and say what was read, repaired and left out."""
    if not given.data:
        return None
    figures = figures_of(given, None, ())
    if not given.quiet:
        for note in figures.notes:
            print(f"basinmap: {note}", file=sys.stderr)
    return figures.table


def _asked(given: argparse.Namespace) -> Perimeter:
    return area_of(where(given))


def _scot(given: argparse.Namespace) -> None:
    if given.about == COMPARISON:
        if given.former or where(given).perimeter is not None:
            msg = say(
                "the comparison is of the five SCoT, today: leave --former and the "
                "territory out"
            )
            raise DataError(msg)
        folder = bm.scot_comparison(
            out=given.out,
            author=given.author,
            date=day_of(given.date),
            counts=_counts(given),
            indicators=indicators_of(given),
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
        classes=given.classes,
        indicators=indicators_of(given),
        former=former_of(given, None),
        outlines=outlines_of(given),
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
        classes=given.classes,
        indicators=indicators_of(given),
        former=former_of(given, None),
        outlines=outlines_of(given),
        formats=formats_of(given),
        look=look_of(given),
        texts=texts_of(given),
        plates=plates_of(given),
    )
    list_files(folder)


def _pic(given: argparse.Namespace) -> None:
    day = day_of(given.date) or dt.date.today()  # noqa: DTZ011 - the maker's day
    area = _perimeter(given)
    seen = None if given.attendance is None else bm.read_attendance(given.attendance)
    asked = None if given.questions is None else bm.read_questions(given.questions)
    folder = bm.pic(
        given.edition or day.year,
        out=given.out,
        where=area or "bassin-minier",
        author=given.author,
        date=day,
        counts=_counts(given),
        attendance=None if seen is None else seen[0],
        attendance_source=given.attendance_source,
        breaks=None if seen is None else seen[1],
        questions=asked,
        studies=None if given.studies is None else bm.read_studies(given.studies),
        network=streets_of(given),
        isochrones=areas_of(given),
        establishments=establishments_of(given),
        forecast=given.forecast,
        classes=given.classes,
        indicators=indicators_of(given),
        former=former_of(given, None),
        outlines=outlines_of(given),
        formats=formats_of(given),
        look=look_of(given),
        texts=texts_of(given),
        plates=plates_of(given),
    )
    list_files(folder)


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
