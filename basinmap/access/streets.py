"""Networks read from files: OpenStreetMap, layers of edges, networks saved before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Literal, TypedDict, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer

from basinmap.access.layers import read_layer
from basinmap.access.networks import LONGEST, Mode, Network, build_network, load_network
from basinmap.access.osm import Extract, is_osm, read_extract
from basinmap.access.rules import Rules
from basinmap.access.speeds import PRACTICE
from basinmap.arguments import check_given
from basinmap.errors import CRSError, DataError, culprits
from basinmap.spatial.projections import METRIC, metric_crs
from basinmap.territory.local import is_there
from basinmap.typography import long_date, number, percent, shortest, typeset

__all__ = ["LayerOptions", "read_network"]

Floats = NDArray[np.float64]

_GEOD = Geod(ellps="GRS80")


class LayerOptions(TypedDict, total=False):
    """What `read_layer` takes, for a layer of edges."""

    layer: str | None
    bbox: tuple[float, float, float, float] | None
    direction: str | Mapping[str, object] | None
    speed: str | float | None
    class_column: str | None
    default: float | None
    closed: Mapping[str, Sequence[object]] | None
    length: str | None
    connect: Literal["vertices", "ends"]
    tolerance: float
    source: str
    encoding: str | None


def read_network(
    path: str | PathLike[str],
    *,
    mode: Mode,
    speeds: Mapping[str, float] | pd.Series | None = None,
    crs: object = None,
    quiet: bool = False,
    **options: Unpack[LayerOptions],
) -> Network:
    """
    Read the streets of one mode from a file.

    Parameters
    ----------
    path
        An extract of OpenStreetMap (`.osm.pbf`, `.osm`, `.osm.gz`, `.osm.bz2`), a
        network that `write_network` wrote (`.npz`), or any layer of lines.
    mode
        `"walk"`, `"bike"` or `"car"`.
    speeds
        Speeds in km/h by class of street, of some or of all, such as
        `{"residential": 20}`. They win over those of `street_speeds`, over posted
        limits, surfaces and the timetables of ferries.
    crs
        Metric CRS of the network. An extract is put in Lambert-93 by default, a layer
        in degrees is brought to it; another layer or a saved network has its own,
        which must be this one where it is given.
    quiet
        Whether the progress on stderr is off; it is anyway when stderr is no
        terminal.
    **options
        Of a layer of lines, what its columns mean: see `read_layer`.

    Returns
    -------
    Network
        The largest part where each place reaches each; `notes` and `report` say what
        was left out.

    Raises
    ------
    DataError
        If the file is missing, empty, truncated, another thing, or without a street
        for the mode; a speed is not positive or of an unknown class; a saved network
        is of another mode.
    LibraryError
        If osmium is not installed, for an extract.
    CRSError
        If the CRS is not metric, or the streets lie outside the area it is made for.

    See Also
    --------
    street_speeds : Speeds by class, taken by default.

    Notes
    -----
    What follows is for OpenStreetMap.

    *Who may go.* By foot, the first of the tags `foot`, `access` that can be read
    decides; by bicycle, of `bicycle`, `vehicle`, `access`; by car, of `motorcar`,
    `motor_vehicle`, `vehicle`, `access`. Closed: `no`, `private`, `delivery`,
    `agricultural`, `forestry`, `permit`, `use_sidepath`, buses and other services.
    Open: `yes`, `designated`, `permissive`, `destination`, `customers`, so that a car
    park of customers is reached, and no through traffic is hindered. Trunk roads on
    foot or by bicycle, footways, bridleways and steps by bicycle, tracks and ferries
    by car are taken only where a tag of that mode opens them. Aisles of car parks and
    driveways are kept. Cars do not follow the edge of a square (`area=yes`), others
    do.

    *Which way.* Roundabouts and motorways are one-way unless they say otherwise; a
    bicycle may go against the traffic where `oneway:bicycle=no` or
    `cycleway=opposite…` says so; a street whose direction changes with the hour is
    left out. On foot, only `oneway:foot` counts, and `oneway` on footways and steps.

    *Barriers.* On a node, a closed barrier ends the streets that meet there. The tags
    above decide first; without them, bollards, blocks and chains stop cars,
    turnstiles and stiles stop bicycles too, walls stop all, and a gate stops nobody
    unless it is locked.

    *How fast.* By car, 80 % of the posted limit, in each direction, the share that
    the router OSRM keeps: the limit itself is optimistic, and nothing here knows of
    lights or congestion. Service roads, living streets and tracks are not faster for
    a higher limit. Without a limit, and in other modes, the class decides; by bicycle
    a rough surface slows down, to 5 km/h on grass or sand.

    *Not modelled.* Prohibited turns, delays at crossings, slopes, conditional
    restrictions, hours of ferries.

    Lengths are geodesic on GRS80 (Karney, 2013, doi:10.1007/s00190-012-0578-z).

    Examples
    --------
    >>> import basinmap as bm
    >>> import geopandas as gpd
    >>> import shapely
    >>> from tempfile import TemporaryDirectory
    >>> lines = gpd.GeoDataFrame(
    ...     {"speed": [30, 50]},
    ...     geometry=[
    ...         shapely.LineString([(0, 0), (500, 0)]),
    ...         shapely.LineString([(500, 0), (500, 500)]),
    ...     ],
    ...     crs="EPSG:2154",
    ... )
    >>> with TemporaryDirectory() as folder:
    ...     lines.to_file(f"{folder}/streets.gpkg")
    ...     bm.read_network(
    ...         f"{folder}/streets.gpkg", mode="car", speed="speed", direction="both"
    ...     )
    <Network car: 3 nodes, 4 edges, 1 km>
    """
    check_given(read_network, locals())
    file = Path(path)
    if not str(path).strip() or not is_there(file):
        msg = (
            f"{str(path) or repr('')}: missing; expected an extract of OpenStreetMap "
            "(.osm.pbf), a network (.npz) or a layer of lines"
        )
        raise DataError(msg)
    if is_osm(file):
        _refuse(file, {**options})
        rules = Rules(mode, speeds)
        return _built(file, rules, METRIC if crs is None else crs, quiet=quiet)
    if file.suffix == ".npz":
        _refuse(file, {**options} if speeds is None else {"speeds": speeds, **options})
        network = load_network(file)
    else:
        network = read_layer(file, mode=mode, speeds=speeds, crs=crs, **options)
    if network.mode != mode:
        msg = f"{file}: a network of mode {network.mode!r}, and mode={mode!r} is asked"
        raise DataError(msg)
    if crs is not None and network.crs != metric_crs(crs, "network"):
        msg = f"{file}: in {network.crs.to_string()}, and crs={crs!r} is asked"
        raise CRSError(msg)
    return network


def _refuse(file: Path, options: Mapping[str, object]) -> None:
    if options:
        msg = f"{file}: {culprits(options)} mean(s) nothing for such a file"
        raise DataError(msg)


def _built(file: Path, rules: Rules, crs: object, *, quiet: bool) -> Network:
    plane = metric_crs(crs, "network")
    extract = read_extract(file, rules, quiet=quiet)
    _check_area(file, extract, plane)
    to_metres = Transformer.from_crs("EPSG:4326", plane, always_xy=True)
    x, y = to_metres.transform(extract.lon, extract.lat)
    start, stop = (
        (extract.lon[end], extract.lat[end]) for end in (extract.tail, extract.head)
    )
    length = _GEOD.inv(*start, *stop)[2]
    _check_leaps(file, extract, length)
    lasts = _crossing(extract, length)
    # Each segment is an edge in each of the directions in which it is open.
    sides = []
    for speeds, tail, head in (
        (extract.forward, extract.tail, extract.head),
        (extract.backward, extract.head, extract.tail),
    ):
        speed = speeds[extract.way]
        kept = speed > 0
        minutes = np.where(np.isnan(lasts), length * 0.06 / np.fmax(speed, 1e-9), lasts)
        sides.append((tail[kept], head[kept], length[kept], minutes[kept]))
    edges = [np.concatenate(pair) for pair in zip(*sides, strict=True)]
    return build_network(
        x,
        y,
        *edges,
        mode=rules.mode,
        crs=plane,
        node=extract.node,
        source=_credit(extract),
        notes=_notes(extract, rules),
        dropped=extract.dropped,
    )


def _check_area(file: Path, extract: Extract, plane: CRS) -> None:
    """Refuse a CRS made for another part of the world."""
    area = plane.area_of_use
    if area is None:
        return
    seen = extract.lon[extract.tail], extract.lat[extract.tail]
    lon, lat = (float(np.median(values)) for values in seen)
    if area.west <= lon <= area.east and area.south <= lat <= area.north:
        return
    points = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326)
    msg = (
        f"{file}: streets around {lon:.2f} E, {lat:.2f} N, outside the area of "
        f"{plane.to_string()} ({area.name}); pass "
        f'crs="{points.estimate_utm_crs().to_string()}"'
    )
    raise CRSError(msg)


def _check_leaps(file: Path, extract: Extract, length: Floats) -> None:
    """Refuse nodes that lie nowhere near the next one of their street."""
    long = np.flatnonzero(length > LONGEST)
    if len(long):
        ends = zip(extract.node[extract.tail], extract.node[extract.head], strict=True)
        pairs = list(ends)
        told = [f"{pairs[at][0]} – {pairs[at][1]}" for at in long]
        msg = (
            f"{file}: {len(long)} stretch(es) of street of more than "
            f"{LONGEST / 1000:.0f} km between two nodes: {culprits(told)}; one of the "
            "two has a wrong position: correct it, or leave it out of the extract"
        )
        raise DataError(msg)


def _crossing(extract: Extract, length: Floats) -> Floats:
    """Share out the minutes of a ferry along its way; NaN for what has a speed."""
    whole = np.bincount(extract.way, length, minlength=len(extract.crossing))
    pace = extract.crossing / np.fmax(whole, 1e-9)
    return pace[extract.way] * length


def _credit(extract: Extract) -> str:
    credit = "© les contributeurs OpenStreetMap (ODbL)"
    if extract.extracted:
        return f"{credit}, extrait du {long_date(extract.extracted)}"
    if extract.edited:
        return f"{credit}, dernière modification le {long_date(extract.edited)}"
    return credit


def _notes(extract: Extract, rules: Rules) -> tuple[str, ...]:
    kept = percent(PRACTICE * 100, 0)
    pace = {
        "walk": "Vitesse : 4,8 km/h, moitié moins dans les escaliers.",
        "bike": "Vitesse : 15 km/h, moins selon la classe et le revêtement de la voie.",
        "car": f"Vitesse : {kept} de la limite affichée, à défaut de la limite usuelle "
        "de la classe de voie ; ni feux, ni embouteillages.",
    }
    notes = [pace[rules.mode]]
    if rules.chosen:
        told = ", ".join(
            f"{name} {shortest(speed)} km/h" for name, speed in rules.chosen.items()
        )
        notes.append(f"Vitesses fixées : {told}.")
    if rules.mode != "walk":
        notes.append("Les interdictions de tourner ne sont pas prises en compte.")
    if extract.dropped:
        told = ", ".join(
            f"{number(count)} {why}"
            for why, count in sorted(extract.dropped.items(), key=lambda item: -item[1])
        )
        notes.append(f"Voies écartées : {told}.")
    if extract.barriers:
        notes.append(f"Barrières qui coupent une voie : {number(extract.barriers)}.")
    if extract.missing:
        notes.append(
            f"Voies coupées au bord de l'extrait : {number(extract.missing)} nœuds "
            "manquent."
        )
    return tuple(typeset(note) for note in notes)
