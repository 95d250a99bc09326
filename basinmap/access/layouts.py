"""Layers of streets whose columns are known: those that Geofabrik makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from basinmap.access.networks import Mode
from basinmap.access.rules import ON_REQUEST
from basinmap.access.speeds import SPEEDS

__all__ = ["Layout", "layout_of"]

_COLUMNS: Final = frozenset({"fclass", "oneway", "maxspeed"})
_DIRECTIONS: Final[Mapping[str, object]] = MappingProxyType(
    {"column": "oneway", "both": ("B",), "forward": ("F",), "backward": ("T",)}
)

# Classes that are not those of OpenStreetMap.
_SAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{f"track_grade{grade}": "track" for grade in range(1, 6)},
        "unknown": "road",
    }
)


class Layout(NamedTuple):
    """
    What the columns of a known layer mean for a mode.

    Attributes
    ----------
    direction
        As `read_layer` takes it.
    speed
        Column of posted limits, if they count.
    class_column
        Column of classes.
    speeds
        Speeds in km/h by class.
    closed
        Streets to leave out, from a column to its values.
    credit
        Who is to be credited.
    """

    direction: Mapping[str, object] | str
    speed: str | None
    class_column: str
    speeds: Mapping[str, float]
    closed: Mapping[str, Sequence[object]]
    credit: str


def layout_of(columns: Sequence[str], mode: Mode) -> Layout | None:
    """
    Recognise a layer by its columns.

    Parameters
    ----------
    columns
        Names of its columns.
    mode
        `"walk"`, `"bike"` or `"car"`.

    Returns
    -------
    Layout or None
        None where they are not those of `gis_osm_roads_free_1`.

    Notes
    -----
    Classes are those of OpenStreetMap (`highway=…`), and treated as in an extract
    of it: what a mode takes only where a tag opens it stays closed, for the layer
    has no such tags, nor private streets, nor barriers.

    Examples
    --------
    >>> known = layout_of(["osm_id", "fclass", "oneway", "maxspeed"], "car")
    >>> known.speeds["residential"], "footway" in known.closed["fclass"]
    (24.0, True)
    >>> layout_of(["nature", "vitesse_moyenne_vl"], "car") is None
    True
    """
    if not _COLUMNS.issubset(columns):
        return None
    every = {*SPEEDS["walk"], *SPEEDS["car"]}
    of = {**{name: name for name in every}, **_SAME}
    taken = SPEEDS[mode].keys() - ON_REQUEST[mode]
    opened = {name: SPEEDS[mode][like] for name, like in of.items() if like in taken}
    return Layout(
        direction="both" if mode == "walk" else _DIRECTIONS,
        speed="maxspeed" if mode == "car" else None,
        class_column="fclass",
        speeds=opened,
        closed={"fclass": tuple(sorted(of.keys() - opened.keys()))},
        credit="© les contributeurs OpenStreetMap (ODbL), couches de Geofabrik",
    )
