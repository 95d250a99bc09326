"""The parser: that of argparse, which speaks French too."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from basinmap.cli.words import say
from basinmap.languages import LANGUAGES, language

__all__ = ["REFUSALS", "Parser"]

# What argparse says, and the text that says it again with its parts.
REFUSALS: Final = (
    (
        r"the following arguments are required: (?P<names>.*)",
        "the following arguments are required: {names}",
    ),
    (
        r"one of the arguments (?P<names>.*) is required",
        "one of the arguments {names} is required",
    ),
    (
        r"argument (?P<name>.*): invalid choice: (?P<value>.*) "
        r"\(choose from (?P<names>.*)\)",
        "argument {name}: invalid choice: {value} (choose from {names})",
    ),
    (
        r"argument (?P<name>.*): invalid int value: (?P<value>.*)",
        "argument {name}: {value} is no whole number",
    ),
    (
        r"argument (?P<name>.*): invalid float value: (?P<value>.*)",
        "argument {name}: {value} is no number, such as 5.5",
    ),
    (
        r"argument (?P<name>.*): expected (?P<count>one|at least one) argument",
        "argument {name}: a value is expected",
    ),
    (
        r"argument (?P<name>.*): not allowed with argument (?P<other>.*)",
        "argument {name}: not allowed with argument {other}",
    ),
    (r"unrecognized arguments: (?P<names>.*)", "unrecognized arguments: {names}"),
    (
        r"ambiguous option: (?P<name>.*) could match (?P<names>.*)",
        "ambiguous option: {name} could match {names}",
    ),
)


class _Formatter(argparse.HelpFormatter):
    """Help in the language of the reader."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        prefix = say("usage: ") if prefix is None else prefix
        super().add_usage(usage, actions, groups, prefix)

    def start_section(self, heading: str | None) -> None:
        if heading and language() == "fr":
            heading += "\u00a0"  # before its colon
        super().start_section(heading)


class Parser(argparse.ArgumentParser):
    """
    A parser of which every text is in the catalogue.

    Parameters
    ----------
    **options
        Those of `ArgumentParser`.
    """

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - ArgumentParser's
        """Take what `ArgumentParser` takes."""
        super().__init__(
            **{**options, "add_help": False, "formatter_class": _Formatter}
        )
        about = self.add_argument_group(say("general options"))
        about.add_argument(
            "-h", "--help", action="help", help=say("show this help and leave")
        )
        about.add_argument(
            "--lang",
            choices=LANGUAGES,
            help=say("language of help and messages (that of LANG)"),
        )

    def error(self, message: str) -> NoReturn:
        """
        Refuse a command line: its use, what is wrong, status 2.

        Parameters
        ----------
        message
            What argparse says.
        """
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {say('error')}: {_said_again(message)}\n")


def _said_again(message: str) -> str:
    for form, text in REFUSALS:
        found = re.fullmatch(form, message, re.DOTALL)
        if found is not None:
            return say(text, **found.groupdict())
    return message
