"""What the tags of OpenStreetMap let through: who, which way, how fast."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import pandas as pd

from basinmap.access.networks import Mode
from basinmap.access.speeds import PRACTICE, SPEEDS, chosen_speeds, posted_speed

__all__ = ["CLOSED", "MISSING", "NO_STREET", "ON_REQUEST", "SLOW", "Rules", "Street"]

Tags: TypeAlias = Mapping[str, str]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Why a way is left out, as a method note says it after « voies ».
NO_STREET: Final = "d’une classe que le mode n’emprunte pas"
UNBUILT: Final = "en travaux, en projet ou abandonnées"
AREA: Final = "qui bordent une surface"
CLOSED: Final = "interdites, privées ou réservées"
TIDAL: Final = "dont le sens change avec l’heure"
MISSING: Final = "dont les nœuds manquent au fichier"

_UNBUILT: Final = _words(
    "abandoned construction demolished destroyed dismantled disused planned proposed "
    "razed removed"
)

# From the most specific key to the least: the first that can be read decides.
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "walk": ("foot", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
}
_DISMOUNT: Final = "dismount"
_OPEN: Final = _words(
    "yes designated permissive official public destination customers dismount"
)
_NO: Final = _words(
    "no private delivery agricultural forestry emergency military restricted permit "
    "residents employees staff use_sidepath bus psv taxi hgv"
)

# Classes that a mode takes only where a tag of that mode opens them.
ON_REQUEST: Final[Mapping[str, frozenset[str]]] = {
    "walk": frozenset({"trunk", "trunk_link", "busway"}),
    "bike": _words("trunk trunk_link busway footway bridleway steps"),
    "car": frozenset({"track", "ferry"}),
}

_WALLS: Final = _words("wall fence hedge city_wall retaining_wall guard_rail")
_NARROW: Final = _words("turnstile full-height_turnstile kissing_gate stile yes")
_POSTS: Final = _words(
    "bollard block cycle_barrier motorcycle_barrier jersey_barrier chain rope log "
    "debris planter bus_trap sump_buster barrier_board tyres horse_stile step"
)
_BARRIERS: Final[Mapping[str, frozenset[str]]] = {
    "walk": _WALLS,
    "bike": _WALLS | _NARROW,
    "car": _WALLS | _NARROW | _POSTS,
}

_SIDES: Final = {
    **dict.fromkeys(("yes", "true", "1"), 1),
    **dict.fromkeys(("-1", "reverse"), -1),
    **dict.fromkeys(("no", "false", "0", "alternating"), 0),
}
_ONEWAY: Final[Mapping[str, tuple[str, ...]]] = {
    "walk": ("oneway:foot",),
    "bike": ("oneway:bicycle", "oneway:vehicle", "oneway"),
    "car": ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
}
_FOR_WALKERS: Final = frozenset({"footway", "steps", "corridor", "platform"})
_LANES: Final = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
_OWN: Final = frozenset({"lane", "track"})
_BOTH: Final = frozenset({"-1", "no"})
_IMPLIED: Final = ("maxspeed:type", "source:maxspeed", "zone:maxspeed")

# Where the limit is not what slows a car down.
SLOW: Final = frozenset({"service", "living_street", "track"})
_PUSHED: Final = 4.0
_SURFACES: Final = {
    **dict.fromkeys(("compacted", "fine_gravel", "wood", "metal"), 12.0),
    **dict.fromkeys(("sett", "ground"), 10.0),
    **dict.fromkeys(
        _words(
            "cobblestone unhewn_cobblestone unpaved gravel dirt earth pebblestone rock "
            "grass_paver"
        ),
        8.0,
    ),
    **dict.fromkeys(("grass", "sand", "mud", "woodchips"), 5.0),
}
_ISO: Final = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
_CLOCK: Final = re.compile(r"(?:(\d+):)?(\d+)(?::(\d+))?")


class Street(NamedTuple):
    """
    What a way is for a mode.

    Attributes
    ----------
    forward, backward
        Speeds in km/h, in the direction in which it is drawn and against it; 0 where
        that is forbidden.
    crossing
        Minutes from end to end, of a ferry that says so; NaN elsewhere.
    """

    forward: float
    backward: float
    crossing: float = math.nan


class Rules:
    """
    What one mode may take, and how fast.

    Parameters
    ----------
    mode
        `"walk"`, `"bike"` or `"car"`.
    speeds
        Speeds in km/h by class, which win over posted limits, surfaces and
        timetables of ferries.
    """

    def __init__(
        self, mode: Mode, speeds: Mapping[str, float] | pd.Series | None = None
    ) -> None:
        self.mode: Final = mode
        self.chosen: Final = chosen_speeds(mode, speeds)
        self.speeds: Final = {**SPEEDS[mode], **self.chosen}

    @property
    def keys(self) -> frozenset[str]:
        """The keys of the tags of ways that decide something."""
        shared = {"highway", "route", "area", "junction", "surface", "duration"}
        shared |= {"abandoned", "disused", "motorroad", "bicycle"}
        limits = {"maxspeed", "maxspeed:forward", "maxspeed:backward"}
        return frozenset(
            {
                *shared,
                *limits,
                *_IMPLIED,
                "oneway",
                *_KEYS[self.mode],
                *_ONEWAY[self.mode],
                *_LANES,
                *(f"{lane}:oneway" for lane in _LANES),
            }
        )

    def street(self, tags: Tags) -> Street | str:
        """
        Decide on a way.

        Parameters
        ----------
        tags
            Its tags.

        Returns
        -------
        Street or str
            What it is for the mode, or why it is left out.
        """
        kind = "ferry" if tags.get("route") == "ferry" else tags.get("highway", "")
        refused = self._refused(kind, tags)
        if refused is not None:
            return refused
        side = self._side(kind, tags)
        if side is None:
            return TIDAL
        forward = 0.0 if side < 0 else self._speed(kind, tags, "maxspeed:forward")
        backward = 0.0 if side > 0 else self._speed(kind, tags, "maxspeed:backward")
        if kind != "ferry" or kind in self.chosen:
            return Street(forward, backward)
        return Street(forward, backward, _minutes(tags.get("duration", "")))

    def closes(self, tags: Tags) -> bool:
        """
        Tell whether a node stops the mode.

        Parameters
        ----------
        tags
            Its tags.

        Returns
        -------
        bool
            False where it is no barrier, or a tag opens it.
        """
        if "barrier" not in tags:
            return False
        _, value = self._access(tags)
        if value is not None:
            return value in _NO
        return tags["barrier"] in _BARRIERS[self.mode] or tags.get("locked") == "yes"

    def _access(self, tags: Tags) -> tuple[str, str | None]:
        """Return the most specific key that can be read, and its value."""
        for key in _KEYS[self.mode]:
            value = tags.get(key, "").split(";")[0].strip()
            if value in _OPEN or value in _NO:
                return key, value
        return "", None

    def _refused(self, kind: str, tags: Tags) -> str | None:
        if kind in _UNBUILT or "yes" in (tags.get("abandoned"), tags.get("disused")):
            return UNBUILT
        if kind not in self.speeds:
            return NO_STREET
        # One walks and rides across a square, along its edge here; cars do not.
        if self.mode == "car" and tags.get("area") == "yes":
            return AREA
        key, value = self._access(tags)
        if value in _NO:
            return CLOSED
        if value is None or key == "access":
            asks = kind in ON_REQUEST[self.mode]
            fast = self.mode != "car" and tags.get("motorroad") == "yes"
            return NO_STREET if asks or fast else None
        return None

    def _side(self, kind: str, tags: Tags) -> int | None:
        """Return 1 for one-way as drawn, -1 against it, 0 for both; None: it varies."""
        keys = _ONEWAY[self.mode]
        if self.mode == "walk" and kind in _FOR_WALKERS and "bicycle" not in tags:
            keys = (*keys, "oneway")
        for key in keys:
            if key == "oneway" and self.mode == "bike" and _contraflow(tags):
                return 0
            if tags.get(key) == "reversible":
                return None
            if tags.get(key) in _SIDES:
                return _SIDES[tags[key]]
        ring = tags.get("junction") in {"roundabout", "circular"}
        return int(self.mode != "walk" and (ring or kind == "motorway"))

    def _speed(self, kind: str, tags: Tags, way: str) -> float:
        speed = self.speeds[kind]
        if kind in self.chosen or kind == "ferry":
            return speed
        if self.mode == "bike":
            pushed = self._access(tags)[1] == _DISMOUNT
            ground = _SURFACES.get(tags.get("surface", ""), speed)
            return min(speed, ground, _PUSHED if pushed else speed)
        if self.mode == "car":
            limit = posted_speed(
                tags.get(way) or tags.get("maxspeed") or _implied(tags)
            )
            if limit is not None:
                kept = PRACTICE * limit
                return min(speed, kept) if kind in SLOW else kept
        return speed


def _implied(tags: Tags) -> str:
    """Return the limit of where a street is, of one on which no sign stands."""
    found = (tags.get(key, "") for key in _IMPLIED)
    return next((text for text in found if posted_speed(text) is not None), "")


def _contraflow(tags: Tags) -> bool:
    return any(
        tags.get(key, "").startswith("opposite")
        or (tags.get(key) in _OWN and tags.get(f"{key}:oneway") in _BOTH)
        for key in _LANES
    )


def _minutes(duration: str) -> float:
    """Return the minutes of « 20 », « 00:20 », « 00:20:00 » or « PT20M »."""
    iso, clock = _ISO.fullmatch(duration), _CLOCK.fullmatch(duration)
    found = iso or clock
    if found is None:
        return math.nan
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 60 + minutes + seconds / 60 or math.nan
