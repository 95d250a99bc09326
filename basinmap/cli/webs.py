"""`basinmap web`: one web page of all the indicators of a territory."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from basinmap.cli.asked import fed_by, subject_at, tell_notes
from basinmap.cli.files import figures_of
from basinmap.cli.options import add_data, add_signature, add_units, day_of
from basinmap.cli.places import where
from basinmap.cli.words import say
from basinmap.deliverables.web_pages import subject_page
from basinmap.deliverables.web_values import LICENCE, WHY_FRAGILE, web_values
from basinmap.errors import DataError
from basinmap.values.told import told_of

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    what = command.add_argument_group(say("what is shown"))
    what.add_argument(
        "ids",
        metavar="ID",
        nargs="*",
        help=say(
            "indicators, such as L04 L14, the first one being shown first (all those "
            "that the figures give)"
        ),
    )
    add_units(command, leveled=False, territory=True)
    add_data(command)
    page = command.add_argument_group(say("page"))
    page.add_argument(
        "--out",
        metavar=say("FILE"),
        default="page.html",
        help=say("file to write, .html (page.html)"),
    )
    page.add_argument(
        "--title", metavar=say("TEXT"), help=say("title of the page (the territory)")
    )
    page.add_argument(
        "--contact",
        metavar=say("TEXT"),
        default="",
        help=say("whom to write to, at the foot of the page"),
    )
    page.add_argument(
        "--accessibility",
        metavar=say("TEXT"),
        default="",
        help=say(
            "declaration of accessibility that the law asks for, such as "
            "'partiellement conforme'"
        ),
    )
    page.add_argument(
        "--address",
        metavar=say("TEXT"),
        default="",
        help=say("where the page will be published, for the links that are copied"),
    )
    add_signature(command)
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    ids = list(dict.fromkeys(id_.upper() for id_ in given.ids))
    day, path = day_of(given.date), Path(given.out)
    if path.suffix.lower() not in {".html", ".htm"}:
        msg = say("--out {path}: a page is written as .html", path=repr(given.out))
        raise DataError(msg)
    place = where(given)
    figures = figures_of(given, place.communes, ids or ("L04",))
    tell_notes(given, figures.notes)
    counts = figures.table if given.data or place.communes is not None else None
    about = subject_at(given, place, counts, day)
    with fed_by(ids[0] if ids else "L04"):
        values, reference, notes = web_values(about, ids or None)
    if not values:
        msg = say("no indicator can be computed from these files")
        raise DataError(msg)
    shown = {told_of(one).indicator for one in values}
    report = subject_page(
        path,
        about,
        values,
        texts={
            "title": given.title or about.area.name,
            "author": given.author,
            "licence": LICENCE if counts is None else "",
            "fragile": WHY_FRAGILE,
            "contact": given.contact,
            "accessibility": given.accessibility,
            "address": given.address,
        },
        default="L04" if not ids and "L04" in shown else None,
        reference=reference,
        notes=notes,
    )
    if not given.quiet:
        for note in (*notes, *str(report).splitlines()):
            print(f"basinmap: {note}", file=sys.stderr)
    print(path)
