"""`basinmap info`: versions; and what `basinmap data` tells of embedded data."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from basinmap.cli.words import say

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill", "tell_embedded"]


def fill(command: Parser) -> None:
    """
    Add the options of `info`: none.

    Parameters
    ----------
    command
        Its parser.
    """
    command.set_defaults(run=_info)


def tell_embedded() -> None:
    """Print each embedded data set, with its vintage, source and licence."""
    from basinmap.territory.embedded import provenance  # noqa: PLC0415 - reads data

    known = provenance()
    print(say("Embedded data sets\n"))
    for key, item in sorted(known["datasets"].items()):
        print(f"{key}: {item['title']}")
        print(
            "    "
            + say(
                "vintage {vintage}; geography {geography}",
                vintage=item["vintage"],
                geography=item["geography"],
            )
        )
        print(f"    {item['credit']}")
        print(f"    {item['licence']}")
        if "error_m" in item:
            print(
                "    "
                + say(
                    "outlines {median:g} m off (median), {most:g} m for 95 %",
                    median=item["error_m"],
                    most=item["error_p95_m"],
                )
            )
    print(say("\nFiles\n"))
    for name, item in sorted(known["files"].items()):
        rows = say("{count:>5} rows", count=item["rows"])
        print(f"{name:<22} {rows}  sha256 {item['sha256'][:16]}…")


def _info(_: argparse.Namespace) -> None:
    from basinmap.export.manifests import versions  # noqa: PLC0415 - reads metadata

    for name, version in versions().items():
        print(f"{name:<12} {version}")
