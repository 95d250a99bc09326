"""How far outlines are from the ground, and when paper shows it."""

from __future__ import annotations

import math
import re
import warnings
from typing import TYPE_CHECKING, Final

import geopandas as gpd

from basinmap.errors import OutlineWarning
from basinmap.territory.levels import LEVELS
from basinmap.territory.outlines import error_of
from basinmap.typography import shortest

if TYPE_CHECKING:  # pages tells the outlines of what it is made for
    from basinmap.maps.paper.sheets import MapAxes

__all__ = ["VISIBLE_MM", "is_indicative", "tell_outlines"]

VISIBLE_MM: Final = 0.3
"""Error on paper above which outlines are told to be generalised, in millimetres."""

_LARGE: Final = 100_000
"""Scale from which outlines of unknown precision may show it."""
_UNTOLD: Final = "Contours : précision non communiquée"

_printed: set[str] = set()
"""What was warned of in this process, to be printed once and not for each page."""


def tell_outlines(ax: MapAxes, drawn: gpd.GeoDataFrame) -> None:
    """
    Say at the foot of the page that outlines are coarser than its scale.

    Or how far they are said to be from the ground, on a page where it may show;
    or that nothing is known of it.

    Parameters
    ----------
    ax
        The map of `page`.
    drawn
        What is drawn; `attrs["outline_error"]` is how far its outlines are from the
        ground, in metres.

    Raises
    ------
    DataError
        If what is said of the outlines is no length.

    Warns
    -----
    OutlineWarning
        If that is more than 0.3 mm on paper, once a map.
    """
    error = error_of(drawn)
    if error is None or error * 1000 / ax.plan.scale <= VISIBLE_MM:
        if _might_show(ax, drawn):
            if error is None:
                ax.notes[_UNTOLD] = None
            elif error > ax.outline_declared:
                _say(ax, ax.outline_error, float(error))
        return
    if is_indicative(drawn):
        # No finer outline would help: a mark is no generalised outline.
        ax.notes[f"Périmètre indicatif (±\u00a0{_rounded(error)}\u00a0m)"] = None
        return
    if error <= ax.outline_error:
        return
    _say(ax, float(error), ax.outline_declared)
    finest = math.ceil(error / VISIBLE_MM) * 1000
    # The same words for every page, so that they are printed once.
    _warn(
        f"outlines are generalised: {_rounded(error)} m off, which shows on paper "
        f"above 1:{finest:,}; the foot of the page says so; for such scales give "
        "outlines of your own: bm.communes(outlines='ADMIN-EXPRESS.gpkg')"
    )


def is_indicative(drawn: gpd.GeoDataFrame) -> bool:
    """
    Tell whether outlines mark a place, and are those of nothing.

    Parameters
    ----------
    drawn
        What is drawn; its column `quality` says so.

    Examples
    --------
    >>> import basinmap as bm
    >>> is_indicative(bm.quartiers()), is_indicative(bm.communes(epci="call"))
    (True, False)
    """
    if "quality" not in drawn or not len(drawn):
        return False
    return bool(drawn["quality"].eq("indicative").all())


def _might_show(ax: MapAxes, drawn: gpd.GeoDataFrame) -> bool:
    """Tell whether outlines of the user, of unknown precision, are seen from near."""
    return (
        ax.plan.scale < _LARGE
        and drawn.index.name in LEVELS
        and drawn.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    )


def _warn(text: str) -> None:
    """Warn once a process, but always who asks for errors or for every warning."""
    # Python's own memory of what it printed is lost whenever a library changes filters.
    if text in _printed and _action(text) not in ("error", "always"):
        return
    _printed.add(text)
    warnings.warn(text, OutlineWarning, stacklevel=3)


def _action(text: str) -> str:
    """Return what the filters in force do with such a warning."""
    for action, message, category, *_ in warnings.filters:
        pattern = (
            re.compile(message, re.IGNORECASE) if isinstance(message, str) else message
        )
        if issubclass(OutlineWarning, category) and (
            pattern is None or pattern.match(text)
        ):
            return action
    return "default"


def _say(ax: MapAxes, error: float, declared: float) -> None:
    """Say in one line how far outlines are, those of the user first."""
    ax.notes.pop(_line(ax.outline_error, ax.outline_declared), None)
    ax.outline_error, ax.outline_declared = error, declared
    ax.notes[_line(error, declared)] = None


def _line(error: float, declared: float) -> str:
    coarse = f"généralisés (±\u00a0{_rounded(error)}\u00a0m)" if error else ""
    if not declared:
        return f"Contours {coarse}"
    # At such scales embedded outlines are never that fine: these are the user's.
    fine = f"Contours\u00a0: ±\u00a0{_rounded(declared)}\u00a0m (précision déclarée)"
    return f"{fine}, ailleurs {coarse}" if coarse else fine


def _rounded(error: float) -> str:
    """Write metres with two figures."""
    return shortest(float(f"{error:.2g}"))
