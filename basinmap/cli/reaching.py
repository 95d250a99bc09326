"""`basinmap reach`: how many people live around a place, by rings or travel times."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import geopandas as gpd
import pandas as pd
import shapely

import basinmap as bm
from basinmap.access.counting import Rule
from basinmap.cli.files import figures_of
from basinmap.cli.options import add_data, add_signature, day_of
from basinmap.cli.outputs import Laid, add_output, output_of, write_table
from basinmap.cli.words import say
from basinmap.errors import ColumnError, DataError, culprits
from basinmap.export.geopackages import write_geopackage
from basinmap.measures import Stock, state_column
from basinmap.territory.places import Place, place, places
from basinmap.typography import capital, number
from basinmap.values.told import bare, carry, measures_of, retell, tell, told_of

if TYPE_CHECKING:
    from basinmap.cli.parsing import Parser

__all__ = ["fill"]

_DISTANCES: Final = "5;10;20;30"
_MINUTES: Final = "10;20;30"
_COUNTED: Final = ("population", "dwellings")


def fill(command: Parser) -> None:
    """
    Add the options of the command.

    Parameters
    ----------
    command
        Its parser.
    """
    around = command.add_argument_group(say("place"))
    one = around.add_mutually_exclusive_group()
    one.add_argument(
        "--place",
        metavar="ID",
        default="louvre-lens",
        help=say("a known place (louvre-lens)"),
    )
    one.add_argument(
        "--point",
        metavar="X,Y",
        help=say(
            "a place of your own, in metres of Lambert-93, such as 686000,7037000"
        ),
    )
    around.add_argument(
        "--name", metavar=say("TEXT"), help=say("how that point is called")
    )
    around.add_argument(
        "--distances",
        metavar="KM",
        help=say("rings as the crow flies, in kilometres: '5;10;20' (5;10;20;30)"),
    )
    around.add_argument(
        "--network",
        metavar=say("FILE"),
        help=say(
            "streets: travel times in place of distances; 'osm' fetches those around "
            "the place, 'ign' asks the navigation service of IGN"
        ),
    )
    around.add_argument(
        "--mode",
        choices=("walk", "bike", "car"),
        default="car",
        help=say("how the streets are travelled (car)"),
    )
    around.add_argument(
        "--minutes",
        metavar="MIN",
        help=say("bounds of travel times, in minutes: '10;20;30' (10;20;30)"),
    )
    add_data(command)
    how = command.add_argument_group(say("what is counted"))
    how.add_argument(
        "--sum",
        metavar=say("COLUMN"),
        action="append",
        default=[],
        help=say("counts to add up (the last population and dwellings)"),
    )
    how.add_argument(
        "--rule",
        choices=[rule for rule in get_args(Rule) if rule != "dwellings"],
        default="area",
        help=say("how communes that are cut count: by surface, or whole (area)"),
    )
    how.add_argument(
        "--cumulative",
        action="store_true",
        help=say("count each ring with all that is nearer too"),
    )
    add_output(command)
    add_signature(command)
    command.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> None:
    day, output = day_of(given.date), output_of(given, (".gpkg",))
    origin, bounds = _origin(given), _bounds(given)
    units = _units(given)
    sums = _sums(given, units)
    areas = _areas(given, origin, bounds)
    table = bm.reach(
        areas,
        units,
        sums=sums,
        rule=given.rule,
        cumulative=given.cumulative,
        allow_partial=True,
    )
    told = told_of(table)
    if not given.quiet:
        for line in filter(None, [told.rule, *told.notes]):
            print(f"basinmap: {capital(line)}", file=sys.stderr)
    title = f"{capital(told_of(areas).rule or 'Distances')} – {origin.name}"
    if output is not None and output.suffix.lower() == ".gpkg":
        frame = retell(
            areas.join(bare(table)),
            title=title,
            measures=measures_of(table),
            sources=(*told_of(areas).sources, *told.sources),
        )
        spot = gpd.GeoDataFrame(
            {"name": [origin.name]},
            geometry=[origin.point],
            crs="EPSG:2154",
            index=pd.Index([origin.code], name="place"),
        )
        layers = {"lieu": tell(spot, title=origin.name), "aires": frame}
        write_geopackage(output, layers, title=title, author=given.author, date=day)
        print(output)
        return
    write_table(output, _laid(areas, table, title), author=given.author, date=day)


def _origin(given: argparse.Namespace) -> Place:
    """Return the place that is meant."""
    if given.point is None:
        known = list(places().index)
        if given.place not in known:
            msg = say(
                "--place {place}: no known place; there are {names}, or write --point",
                place=repr(given.place),
                names=culprits(known),
            )
            raise DataError(msg)
        return place(given.place)
    numbers = _numbers(given.point.replace(",", ";"), "--point")
    if len(numbers) != 2:
        msg = say(
            "--point {text}: write two numbers, X,Y, in metres of Lambert-93",
            text=repr(given.point),
        )
        raise DataError(msg)
    return Place(
        code="point",
        name=given.name or "point",
        point=shapely.Point(*numbers),
        commune="",
        precision_m=0.0,
        source="",
    )


def _numbers(text: str, option: str) -> list[float]:
    """Return numbers between semicolons."""
    try:
        return [float(part.replace(",", ".")) for part in text.split(";") if part]
    except ValueError:
        msg = say(
            "{option} {text}: write numbers between semicolons, such as '5;10;20'",
            option=option,
            text=repr(text),
        )
        raise DataError(msg) from None


def _bounds(given: argparse.Namespace) -> list[float]:
    """Return the bounds that are meant, before files are read."""
    if given.network is None:
        if given.minutes is not None:
            msg = say("--minutes is of travel times: give the streets, --network FILE")
            raise DataError(msg)
        text, option = given.distances or _DISTANCES, "--distances"
    else:
        if given.distances is not None:
            msg = say("--distances or --network: leave one of them out")
            raise DataError(msg)
        text, option = given.minutes or _MINUTES, "--minutes"
    found = _numbers(text, option)
    if not found or found != sorted(set(found)) or found[0] <= 0:
        msg = say(
            "{option} {text}: increasing, above 0", option=option, text=repr(text)
        )
        raise DataError(msg)
    return found


def _areas(
    given: argparse.Namespace, origin: Place, bounds: list[float]
) -> gpd.GeoDataFrame:
    if given.network is None:
        return bm.rings(origin, distances=[1000 * bound for bound in bounds])
    if given.network == "ign":
        return bm.fetch_isochrones(
            origin, mode=given.mode, minutes=bounds, quiet=given.quiet
        )
    if given.network == "osm":
        streets = bm.fetch_network(mode=given.mode, around=origin, quiet=given.quiet)
        return bm.isochrones(origin, streets, minutes=bounds)
    streets = bm.read_network(
        Path(given.network), mode=given.mode, crs=2154, quiet=given.quiet
    )
    return bm.isochrones(origin, streets, minutes=bounds)


def _units(given: argparse.Namespace) -> gpd.GeoDataFrame:
    """Return communes with the counts that are added up."""
    figures = figures_of(given, None, ())
    if not given.quiet:
        for note in figures.notes:
            print(f"basinmap: {note}", file=sys.stderr)
    ground = bm.communes()[["name", "geometry"]]
    joined = carry(ground.join(bare(figures.table)), bm.communes())
    return retell(joined, measures=measures_of(figures.table))


def _sums(given: argparse.Namespace, units: gpd.GeoDataFrame) -> list[str]:
    """Return the counts to add up: those that are named, else the last ones."""
    known = [
        name
        for name, measure in measures_of(units).items()
        if isinstance(measure, Stock) and name in units
    ]
    wrong = [name for name in given.sum if name not in known]
    if wrong:
        msg = say(
            "--sum {name} is no count of these files; there are {names}",
            name=repr(wrong[0]),
            names=culprits(known, most=20),
        )
        raise ColumnError(msg)
    last = [
        max(found)
        for stem in _COUNTED
        if (found := [n for n in known if n.removeprefix(f"{stem}_").isdigit()])
    ]
    return list(given.sum) or last or known


def _laid(areas: gpd.GeoDataFrame, table: pd.DataFrame, title: str) -> Laid:
    """Return areas as a table: label, communes counted, sums."""
    known = measures_of(table)
    columns = [
        one for name in known for one in (name, state_column(name)) if one in table
    ]
    values = tell(
        bare(table)[columns],
        told_of(table),
        measures={name: measure for name, measure in known.items() if name in table},
    )
    values.index = [number(float(code)) for code in table.index]
    values.index.name = "aire"
    counted = pd.DataFrame(
        {"Communes comptées": table["units"].to_numpy()}, index=values.index
    )
    names = pd.Series(areas["label"].to_numpy(), index=values.index)
    return Laid(table=values, names=names, title=title, heading="Aire", more=counted)
