"""`basinmap indicators [ID]`: the catalogue, or one entry of it."""

from __future__ import annotations

import argparse
import re
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from basinmap.catalogue.entries import Indicator, catalogue, indicator
from basinmap.cli.words import say
from basinmap.sources.producers import SOURCES

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]

_WIDE: Final = 88
_STATUSES: Final = ("embedded", "file", "partner")


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    group = command.add_argument_group(say("indicator"))
    group.add_argument(
        "id", metavar="ID", nargs="?", help=say("an indicator, such as L14")
    )
    group.add_argument(
        "--status", choices=_STATUSES, help=say("only those of this status")
    )
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    if given.id is not None:
        _show(indicator(given.id.upper()))
        return
    kept = [
        i for i in catalogue().indicators.values() if given.status in {None, i.status}
    ]
    for item in kept:
        unit = f" ({item.unit})" if item.unit else ""
        print(f"{item.id}  {_status(item.status):<24} {item.label}{unit}")
    print()
    for status in _STATUSES:
        count = sum(item.status == status for item in kept)
        if count:
            print(f"{count:>3} {_status(status)}")


def _status(status: str) -> str:
    match status:
        case "embedded":
            return say("embedded")
        case "file":
            return say("a file that you give")
        case _:
            return say("a partner's extract")


def _show(item: Indicator) -> None:
    """Write all that the catalogue knows of an indicator."""
    print(f"{item.id} – {item.label}")
    print()
    _field(say("Definition"), item.definition)
    _field(say("Unit"), item.unit or "–")
    _field(say("Numerator"), *_terms(item, "numerator"))
    if item.denominator:
        _field(say("Denominator"), *_terms(item, "denominator"))
    if item.variants:
        _field(say("Variants"), *(f"{n} : {v.label}" for n, v in item.variants.items()))
    _field(say("Status"), _status(item.status))
    _field(say("Sources"), *_sources(item))
    _field(say("Levels"), ", ".join(item.levels) or "–")
    _field(say("Secrecy"), _secrecy(item))
    _field(say("Map"), *_map(item))
    _field(say("Legal reference"), item.law or "–")
    _field(say("Documents"), ", ".join(item.deliverables))
    _field(say("To be confirmed"), *([item.doubt] if item.doubt else []))
    _field(say("Notes"), *item.notes)


def _map(item: Indicator) -> Iterable[str]:
    """Write how an indicator is drawn, and what would be typed to draw it so."""
    kinds = {
        "choropleth": say("a choropleth"),
        "symbols": say("circles"),
        "links": say("links"),
        "chart": say("a chart"),
    }
    yield kinds[item.map.type]
    if item.map.type == "choropleth":
        yield f"--palette {item.map.palette} --method {item.map.method}"


def _field(name: str, *lines: str) -> None:
    """Write the lines of a field beside its name."""
    for at, line in enumerate(lines):
        head = f"{name:<18}" if at == 0 else " " * 18
        folded = textwrap.wrap(line, _WIDE - 18) or [""]
        print(f"{head}{folded[0]}")
        for more in folded[1:]:
            print(f"{' ' * 20}{more}")


def _terms(item: Indicator, side: str) -> Iterable[str]:
    """Write each count of a side, and what it is called."""
    counts = catalogue().counts
    for term in getattr(item, side):
        sign = "- " if term.sign < 0 else ""
        when = f"@{term.when}" if term.when else ""
        yield f"{sign}{term.count}{when} : {counts[term.count].label}"


def _sources(item: Indicator) -> Iterable[str]:
    """Write each file that can feed an indicator, and its columns that do."""
    names = catalogue().sources
    for id_ in item.sources:
        yield f"{id_} : {names[id_]}"
        yield from _columns(item, id_)


def _columns(item: Indicator, id_: str) -> Iterable[str]:
    """Write which columns of a producer's files are the counts."""
    wanted = {count for one in (item, *item.variants.values()) for count in one.counts}
    for source in SOURCES:
        if not f"{source.id}-".startswith(f"{id_}-"):
            continue
        for count in source.counts:
            if count.name in wanted and count.columns:
                told = " + ".join(map(_readable, count.columns))
                yield f"· {count.name} = {told} [{source.id}]"


def _readable(form: str) -> str:
    """Write the form of the name of a column as a reader would: AA is the year."""
    text = re.sub(r"\(\?:([^()|]*)\)\?", "", form)
    return text.replace("{yyyy}", "AAAA").replace("{yy}", "AA")


def _secrecy(item: Indicator) -> str:
    rule = item.secrecy
    law = f" ({rule.law})" if rule.law else ""
    return f"{rule.rule}{law}" if rule.rule else "–"
