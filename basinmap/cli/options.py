"""The options that several commands share, each declared once."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from collections.abc import Sequence
from typing import Final

from basinmap.cli.words import say
from basinmap.errors import DataError, VintageError

__all__ = [
    "LEVELS",
    "add_data",
    "add_figures",
    "add_outlines",
    "add_signature",
    "add_units",
    "cuts_of",
    "day_of",
    "years_of",
]

LEVELS: Final = ("commune", "epci", "scot", "arrondissement", "departement")
"""Levels that are drawn and laid out."""


def add_units(
    parser: argparse.ArgumentParser,
    *,
    leveled: bool = True,
    territory: bool | None = None,
) -> None:
    """
    Add what says of which territory a command is.

    Parameters
    ----------
    parser
        Of a command.
    leveled
        Whether the units that are shown may be chosen.
    territory
        Whether another list of communes may be given; by default where they may.
    """
    group = parser.add_argument_group(say("territory"))
    one = group.add_mutually_exclusive_group()
    one.add_argument(
        "--epci",
        metavar="CODE",
        help=say("an EPCI: SIREN or name, such as 246200364 or Lens-Liévin"),
    )
    one.add_argument("--scot", metavar="ID", help=say("a SCoT, such as grand-douaisis"))
    one.add_argument(
        "--departement", metavar="CODE", help=say("a département, such as 62")
    )
    one.add_argument(
        "--perimeter",
        metavar=say("NAME"),
        help=say("any known perimeter, such as bassin-minier"),
    )
    one.add_argument(
        "--communes",
        metavar=say("FILE"),
        help=say("a perimeter of your own: a table that holds codes of communes"),
    )
    group.add_argument(
        "--name",
        metavar=say("TEXT"),
        help=say("how that perimeter is called (the name of the file)"),
    )
    if leveled:
        group.add_argument(
            "--level",
            choices=LEVELS,
            default="commune",
            help=say("units that are shown (commune)"),
        )
    add_outlines(group, territory=leveled if territory is None else territory)


def add_outlines(
    group: argparse._ArgumentGroup,
    *,
    territory: bool,
) -> None:
    """
    Add whose outlines, and whose list of communes, a command is on.

    Parameters
    ----------
    group
        Of options.
    territory
        Whether another list of communes may be given.
    """
    if territory:
        group.add_argument(
            "--territory",
            metavar=say("FILE"),
            help=say(
                "communes of other départements, such as ADMIN EXPRESS, in place of "
                "the embedded ones"
            ),
        )
        group.add_argument(
            "--territory-year",
            metavar=say("YEAR"),
            type=int,
            help=say("year of that list of communes (that in the name of the file)"),
        )
        group.add_argument(
            "--territory-epcis",
            metavar=say("FILE"),
            help=say("composition of its EPCI, where that list does not tell it"),
        )
    group.add_argument(
        "--outlines",
        metavar=say("FILE"),
        help=say(
            "outlines of communes, such as ADMIN EXPRESS, in place of the embedded "
            "ones, which are generalised"
        ),
    )
    group.add_argument(
        "--outlines-year",
        metavar=say("YEAR"),
        type=int,
        default=2026,
        help=say("year of the list of communes that this file follows (2026)"),
    )
    group.add_argument(
        "--outlines-source",
        metavar=say("TEXT"),
        help=say("credit of these outlines to print (the name of the file)"),
    )


def add_data(parser: argparse.ArgumentParser) -> None:
    """
    Add where figures come from.

    Parameters
    ----------
    parser
        Of a command.
    """
    group = parser.add_argument_group(say("data"))
    group.add_argument(
        "--data",
        metavar=say("FILE"),
        nargs="+",
        action="extend",
        default=[],
        help=say(
            "producers' files (LOVAC, base-cc-logement, RPLS, Filosofi…) or tables of "
            "your own (csv, xlsx, ods); several are joined; 'embedded' stands for the "
            "embedded statistics, which are the default"
        ),
    )
    group.add_argument(
        "--as",
        dest="kind",
        metavar="ID",
        help=say("what a producer's file is, to insist: lovac, rp-logement, rpls…"),
    )
    group.add_argument(
        "--code",
        metavar=say("COLUMN"),
        help=say("of a table of your own: its column of codes of communes"),
    )
    group.add_argument(
        "--column",
        metavar=say("COLUMN=COUNT"),
        action="append",
        default=[],
        help=say(
            "of a table of your own: a column, and which count of the catalogue it "
            "is; of any file and without an indicator: the column to be shown"
        ),
    )
    group.add_argument(
        "--source",
        metavar=say("TEXT"),
        help=say("of a table of your own: whom to credit"),
    )
    group.add_argument(
        "--vintage",
        metavar=say("YEAR"),
        type=_years,
        help=say("year of its figures, where the file does not say it"),
    )
    group.add_argument(
        "--published",
        metavar=say("UNIT"),
        help=say(
            "of a column that is no count: a rate, a median, in this unit, shown as "
            "it is and never added up"
        ),
    )
    group.add_argument(
        "--counted",
        metavar=say("UNIT"),
        help=say("of a column that is a count: its unit, such as logements"),
    )
    group.add_argument(
        "--signed",
        action="store_true",
        help=say(
            "of a column that is shown as it is: it may be below zero, as a balance or "
            "a change"
        ),
    )
    group.add_argument(
        "--dates",
        choices=("real", "recorded"),
        metavar=say("DATES"),
        help=say(
            "of an annual file of Sitadel: real (of the event), or recorded (of its "
            "entry), which the file does not say"
        ),
    )
    group.add_argument(
        "--part",
        metavar=say("NAME"),
        help=say("sheet of a workbook, or member of a zip, that holds several"),
    )
    group.add_argument(
        "--decimal",
        choices=(".", ","),
        metavar=say("SIGN"),
        help=say("what stands before decimals, where 1.234 may be a thousand"),
    )
    group.add_argument(
        "--cog",
        metavar=say("YEAR"),
        type=int,
        help=say("year of the list of communes of the file, where nothing says it"),
    )
    group.add_argument(
        "--movements",
        metavar=say("FILE"),
        help=say(
            "movements of communes (Insee), to bring figures of another year to the "
            "list of --territory"
        ),
    )


def _years(text: str) -> int | str:
    """Return a year as a number; a period, « 2016-2021 », as it is typed."""
    return int(text) if text.strip().isdecimal() else text.strip()


def add_figures(parser: argparse.ArgumentParser) -> None:
    """
    Add how an indicator is computed.

    Parameters
    ----------
    parser
        Of a command.
    """
    group = parser.add_argument_group(say("indicator"))
    group.add_argument(
        "--year",
        metavar=say("YEAR"),
        help=say("year of the counts, or both as 2016-2022 (the last ones)"),
    )
    group.add_argument(
        "--variant",
        metavar=say("NAME"),
        help=say("variant, of an indicator that has some"),
    )
    group.add_argument(
        "--least",
        metavar="N",
        type=int,
        help=say("what is made from fewer is secret (its own rule)"),
    )
    group.add_argument(
        "--allow-partial",
        action="store_true",
        help=say("let units that are not whole in the data stand, as estimates"),
    )


def add_signature(parser: argparse.ArgumentParser) -> None:
    """
    Add who signs, when, and how much is said.

    Parameters
    ----------
    parser
        Of a command.
    """
    group = parser.add_argument_group(say("signature"))
    group.add_argument(
        "--author", default="basinmap", metavar=say("TEXT"), help=say("who signs")
    )
    group.add_argument(
        "--date", metavar=say("DAY"), help=say("date of making, YYYY-MM-DD (today)")
    )
    group.add_argument(
        "--quiet", action="store_true", help=say("no progress on stderr")
    )


# -- what they mean -----------------------------------------------------------------


def day_of(text: str | None) -> dt.date:
    """
    Return the day that `--date` says, today by default.

    Parameters
    ----------
    text
        As written.

    Raises
    ------
    VintageError
        If it is no date.
    """
    if text is None:
        return dt.date.today()  # noqa: DTZ011 - the maker's day
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        msg = say("--date {text} is no date: write it as 2026-11-23", text=repr(text))
        raise VintageError(msg) from None


def years_of(text: str | None) -> int | tuple[int, int] | None:
    """
    Return the year, or both years, that `--year` says.

    Parameters
    ----------
    text
        As written.

    Raises
    ------
    VintageError
        If it is no year.

    Examples
    --------
    >>> years_of("2022"), years_of("2016-2022"), years_of(None)
    (2022, (2016, 2022), None)
    """
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text.strip())
    if found is None:
        msg = say(
            "--year {text} is no year: write it as 2022, or 2016-2022", text=repr(text)
        )
        raise VintageError(msg)
    first, last = found.groups()
    return int(first) if last is None else (int(first), int(last))


def cuts_of(text: str | None) -> int | tuple[float, ...] | None:
    """
    Return how many classes, or the bounds, that `--classes` says.

    Parameters
    ----------
    text
        As written: a whole number, or bounds between semicolons or spaces.

    Raises
    ------
    DataError
        If it is neither, or bounds may be read in two ways.

    Examples
    --------
    >>> cuts_of("5"), cuts_of("2,5 ; 5 ; 7,5")
    (5, (2.5, 5.0, 7.5))
    """
    if text is None:
        return None
    told = text.strip()
    if re.fullmatch(r"[1-9]", told):
        return int(told)
    parts = [part for part in re.split(r"[;\s]+", told) if part]
    numbers = [_bound(part) for part in parts]
    if len(parts) == 1 and parts[0].count(",") == 1 and numbers[0] is not None:
        # « 4,6 » is one bound, or two.
        numbers = [None]
    if not numbers or None in numbers or numbers != sorted(set(_known(numbers))):
        msg = say(
            "--classes {text}: write a number of classes from 1 to 9, or increasing "
            "bounds between semicolons, such as '4;6;8' or '2,5;5'",
            text=repr(text),
        )
        raise DataError(msg)
    return tuple(_known(numbers))


def _bound(text: str) -> float | None:
    if re.fullmatch(r"[-−]?[0-9]+(?:[.,][0-9]+)?", text) is None:
        return None
    return float(text.replace(",", ".").replace("−", "-"))


def _known(numbers: Sequence[float | None]) -> list[float]:
    return [number for number in numbers if number is not None]
