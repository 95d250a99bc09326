"""How fast each class of street is travelled, as a table that the user may change."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.access.networks import Mode, check_mode
from basinmap.arguments import check_given
from basinmap.errors import DataError, culprits

__all__ = ["PRACTICE", "chosen_speeds", "posted_speed", "street_speeds"]

PRACTICE: Final = 0.8
"""Share of the speed limit that a car keeps on average, on a clear road."""

_LABELS: Final = {
    "motorway": "autoroute",
    "motorway_link": "bretelle d’autoroute",
    "trunk": "voie rapide",
    "trunk_link": "bretelle de voie rapide",
    "primary": "route principale",
    "primary_link": "bretelle de route principale",
    "secondary": "route secondaire",
    "secondary_link": "bretelle de route secondaire",
    "tertiary": "route tertiaire",
    "tertiary_link": "bretelle de route tertiaire",
    "unclassified": "petite route",
    "residential": "rue",
    "living_street": "zone de rencontre",
    "service": "voie de desserte",
    "road": "voie de classe inconnue",
    "track": "chemin d’exploitation",
    "busway": "voie de bus",
    "pedestrian": "rue piétonne",
    "footway": "allée piétonne",
    "path": "sentier",
    "cycleway": "piste cyclable",
    "bridleway": "piste cavalière",
    "corridor": "galerie",
    "platform": "quai",
    "steps": "escalier",
    "ferry": "bac",
}

# In France, the limit that is usual where no sign says another.
_LIMITS: Final = {
    "motorway": 130,
    "motorway_link": 70,
    "trunk": 110,
    "trunk_link": 60,
    "primary": 80,
    "primary_link": 50,
    "secondary": 70,
    "secondary_link": 50,
    "tertiary": 60,
    "tertiary_link": 40,
    "unclassified": 50,
    "residential": 30,
    "living_street": 20,
    "service": 20,
    "road": 30,
    "track": 15,
}
_NO_VEHICLE: Final = {"motorway", "motorway_link"}
_ON_FOOT: Final = 4.8
_CYCLING: Final = {
    "track": 12.0,
    "path": 12.0,
    "bridleway": 10.0,
    "footway": 10.0,
    "pedestrian": 6.0,
    "steps": 3.0,
    "ferry": 10.0,
}

SPEEDS: Final[Mapping[str, Mapping[str, float]]] = MappingProxyType(
    {
        "walk": {
            **{name: _ON_FOOT for name in _LABELS if name not in _NO_VEHICLE},
            "steps": _ON_FOOT / 2,
            "ferry": 10.0,
        },
        "bike": {
            name: _CYCLING.get(name, 15.0)
            for name in _LABELS
            if name not in {*_NO_VEHICLE, "corridor", "platform"}
        },
        "car": {
            **{name: PRACTICE * limit for name, limit in _LIMITS.items()},
            "ferry": 10.0,
        },
    }
)
"""Of each mode, the speed in km/h by class of OpenStreetMap (`highway=…`)."""

_SIGNS: Final = {
    "walk": 6.0,
    "fr:walk": 6.0,
    "fr:living_street": 20.0,
    "fr:urban": 50.0,
    "fr:rural": 80.0,
    "fr:trunk": 110.0,
    "fr:motorway": 130.0,
}
_UNITS: Final = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344}
_POSTED: Final = re.compile(r"(?:fr:(?:zone:?)?)?(\d+(?:\.\d+)?)\s*([a-z/]*)")
_HIGHEST: Final = 150.0


def street_speeds(mode: Mode) -> pd.DataFrame:
    """
    Return the speeds by class of street that `read_network` takes by default.

    Parameters
    ----------
    mode
        `"walk"`, `"bike"` or `"car"`.

    Returns
    -------
    DataFrame
        Index `street` (class of OpenStreetMap); `label` in French, `speed` in km/h.
        Its column `speed`, changed, goes back to `read_network` as `speeds=`.

    Raises
    ------
    DataError
        If the mode is unknown.

    Notes
    -----
    On foot, 4.8 km/h (1.33 m/s), half of it on steps. By bicycle, 15 km/h, as the
    profile of OSRM has it, less on paths and among pedestrians. By car, 80 % of the
    limit that is usual in France for the class, 80 % being what OSRM keeps of a
    posted limit too. These are conventions, and not measures.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.street_speeds("car").loc[["motorway", "residential"]]
                       label  speed
    street
    motorway       autoroute  104.0
    residential          rue   24.0
    """
    check_given(street_speeds, locals())
    check_mode(mode)
    table = pd.DataFrame(
        {"label": _LABELS, "speed": pd.Series(SPEEDS[mode])}, index=list(_LABELS)
    )
    table.index.name = "street"
    return table.dropna()


def chosen_speeds(
    mode: Mode, speeds: Mapping[str, float] | pd.Series | None
) -> dict[str, float]:
    """
    Return the speeds of a user by class of street, once checked.

    Parameters
    ----------
    mode
        `"walk"`, `"bike"` or `"car"`.
    speeds
        Speeds in km/h by class, of some classes or of all.

    Returns
    -------
    dict
        The same, as plain numbers; empty for `None`.

    Raises
    ------
    DataError
        If a class is unknown in this mode, or a speed is no positive number.

    Examples
    --------
    >>> chosen_speeds("walk", {"steps": 2})
    {'steps': 2.0}
    >>> chosen_speeds("walk", {"stairs": 2})
    Traceback (most recent call last):
    basinmap.errors.DataError: speeds: 1 class(es) unknown on this mode, 'walk':
    'stairs'; see street_speeds('walk')
    """
    check_mode(mode)
    if speeds is None:
        return {}
    if not isinstance(speeds, Mapping | pd.Series):
        kind = type(speeds).__name__
        msg = f"speeds: need km/h by class, such as {{'residential': 20}}, got {kind}"
        raise DataError(msg)
    table = dict(speeds.items())
    unknown = [name for name in table if name not in SPEEDS[mode]]
    if unknown:
        msg = (
            f"speeds: {len(unknown)} class(es) unknown on this mode, {mode!r}: "
            f"{culprits(unknown)}; see street_speeds({mode!r})"
        )
        raise DataError(msg)
    wrong = {name: speed for name, speed in table.items() if not _is_speed(speed)}
    if wrong:
        told = ", ".join(f"{name}={speed!r}" for name, speed in list(wrong.items())[:5])
        msg = f"speeds: {len(wrong)} not positive and below 300 km/h: {told}"
        raise DataError(msg)
    return {str(name): float(speed) for name, speed in table.items()}


def _is_speed(speed: object) -> bool:
    if isinstance(speed, bool | str):
        return False
    try:
        number = float(speed)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False
    return math.isfinite(number) and 0 < number < 300


def posted_speed(text: str) -> float | None:
    """
    Return the limit that a `maxspeed` of OpenStreetMap stands for.

    Parameters
    ----------
    text
        Its value, such as « 50 », « 30 mph », « FR:urban », « FR:zone30 »; of
        several, « 30; 50 », the lowest is taken.

    Returns
    -------
    float or None
        Limit in km/h; None where there is none, or it cannot be read.

    Examples
    --------
    >>> [posted_speed(text) for text in ("50", "FR:rural", "30; 50", "none", "fast")]
    [50.0, 80.0, 30.0, None, None]
    """
    limits = [_limit(part.strip().lower()) for part in re.split(r"[;,|]", text)]
    return min((limit for limit in limits if limit is not None), default=None)


def _limit(sign: str) -> float | None:
    if sign in _SIGNS:
        return _SIGNS[sign]
    found = _POSTED.fullmatch(sign)
    if found is None or found[2] not in _UNITS:
        return None
    limit = float(found[1]) * _UNITS[found[2]]
    return limit if 0 < limit <= _HIGHEST else None
