"""The way to the museum, as a document is told of it: streets, saved areas, Sirene."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import geopandas as gpd

import basinmap as bm
from basinmap.cli.words import say
from basinmap.errors import DataError

if TYPE_CHECKING:
    from basinmap.access.networks import Network
    from basinmap.access.streets import LayerOptions
    from basinmap.cli.parsing import Parser

__all__ = [
    "add_areas",
    "add_streets",
    "areas_of",
    "establishments_of",
    "streets_of",
]


def add_streets(command: Parser) -> argparse._ArgumentGroup:
    """
    Add the streets that measure the way to the museum.

    Parameters
    ----------
    command
        A parser.
    """
    group = command.add_argument_group(say("way to the museum"))
    group.add_argument(
        "--network",
        metavar=say("FILE"),
        help=say(
            "streets around the museum, such as region.osm.pbf, or a layer of "
            "Geofabrik or of BD TOPO: adds the maps of travel times"
        ),
    )
    group.add_argument(
        "--layer",
        metavar=say("NAME"),
        help=say("layer of streets, where the file has several"),
    )
    group.add_argument(
        "--mode",
        choices=("walk", "bike", "car"),
        default="car",
        help=say("how the streets are travelled (car)"),
    )
    return group


def add_areas(command: Parser) -> None:
    """
    Add the streets, what stands in their place, and what is counted within reach.

    Parameters
    ----------
    command
        A parser.
    """
    group = add_streets(command)
    group.add_argument(
        "--isochrones",
        metavar=say("FILE"),
        help=say(
            "areas of travel time around the museum that are made already: a layer "
            "with a column of minutes, in place of the streets"
        ),
    )
    group.add_argument(
        "--isochrones-source",
        default="",
        metavar=say("TEXT"),
        help=say("source of these areas to print"),
    )
    group.add_argument(
        "--sirene",
        metavar=say("FILE"),
        help=say("stock of the establishments of Sirene: those within reach"),
    )
    group.add_argument(
        "--sirene-positions",
        metavar=say("FILE"),
        help=say("where they are: the file of geolocation of Sirene"),
    )


def streets_of(given: argparse.Namespace) -> Network | None:
    """
    Read the streets, and say what they are.

    Parameters
    ----------
    given
        The options of `add_streets`.
    """
    if given.network is None:
        if given.layer is not None:
            msg = say("--layer is a layer of --network FILE; give the file too")
            raise DataError(msg)
        return None
    options: LayerOptions = {} if given.layer is None else {"layer": given.layer}
    network = bm.read_network(
        given.network, mode=given.mode, crs=2154, quiet=given.quiet, **options
    )
    if not given.quiet:
        print(f"basinmap: {network!r}", file=sys.stderr)
        for note in network.notes:
            print(f"basinmap: {note}", file=sys.stderr)
    return network


def areas_of(given: argparse.Namespace) -> gpd.GeoDataFrame | None:
    """
    Read the areas of travel time that are made already.

    Parameters
    ----------
    given
        The options of `add_areas`.
    """
    if given.isochrones is None:
        return None
    if given.network is not None:
        msg = say("--isochrones or --network: leave one of them out")
        raise DataError(msg)
    if not given.isochrones_source.strip():
        msg = say(
            "{file}: who made these areas? Say it, the page prints it: "
            "--isochrones-source 'Agence d'urbanisme, 2026'",
            file=given.isochrones,
        )
        raise DataError(msg)
    return bm.read_isochrones(
        given.isochrones, source=given.isochrones_source, mode=given.mode
    )


def establishments_of(given: argparse.Namespace) -> gpd.GeoDataFrame | None:
    """
    Read the establishments.

    Parameters
    ----------
    given
        The options of `add_areas`.
    """
    if given.sirene is None:
        return None
    return bm.read_points(given.sirene, positions=given.sirene_positions)
