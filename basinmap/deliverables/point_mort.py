"""The point mort of a territory, taken apart: what it is made of, at its own level."""

from __future__ import annotations

import math
import re
from typing import Final

import pandas as pd

from basinmap.deliverables.chapter_figures import ends_chart, peers_chart
from basinmap.deliverables.charts import bar_chart
from basinmap.deliverables.subjects import Subject
from basinmap.export.parts import Figure, Note, Part
from basinmap.typography import number, typeset

__all__ = ["components", "point_mort_parts"]

_ID: Final = "L12"
_NEEDED: Final = (
    *("dwellings", "secondary_residences", "vacant_dwellings"),
    *("household_population", "main_residences"),
)
_HOW: Final = (
    "Renouvellement : logements commencés qui n'ont pas accru le parc. Résidences "
    "secondaires et logements vacants : leur variation. Desserrement : logements que "
    "demandent, à population égale, des ménages plus petits.",
    "Le point mort est calculé pour chaque territoire sur ses propres effectifs : il "
    "n'est pas la somme de ceux de ses communes.",
)


def components(about: Subject) -> pd.Series | None:
    """
    Return the parts of the point mort of the whole, in dwellings a year.

    Parameters
    ----------
    about
        What is observed.

    Returns
    -------
    Series
        By printed name: renewal, fluidity, loosening, their sum, dwellings started.
        None where the whole has no value, or a count of one of the two years.
    """
    total = about.total(_ID)
    ends = _ends(about)
    if total is None or not total.plain or ends is None:
        return None
    first, last = ends
    years = last - first
    counts = {name: about.sums(name, about.codes) for name in _NEEDED}
    start = {name: float(line[first]) for name, line in counts.items()}
    end = {name: float(line[last]) for name, line in counts.items()}
    fluid = sum(
        end[name] - start[name] for name in ("secondary_residences", "vacant_dwellings")
    )
    sizes = [
        one["household_population"] / one["main_residences"] for one in (start, end)
    ]
    people = start["household_population"]
    loose = people / sizes[1] - people / sizes[0]
    whole = total.value
    renewal = whole - (fluid + loose) / years
    started = renewal + (end["dwellings"] - start["dwellings"]) / years
    found = pd.Series(
        {
            "Renouvellement du parc": renewal,
            "Secondaires et vacants": fluid / years,
            "Desserrement des ménages": loose / years,
            "Point mort": whole,
            "Logements commencés": started,
        }
    )
    return found if all(map(math.isfinite, found)) else None


def _ends(about: Subject) -> tuple[int, int] | None:
    """Return the two years of the point mort, where all of its counts are there."""
    found = [int(y) for y in re.findall(r"\d{4}", about.told(_ID).vintage)]
    if len(found) != 2 or found[0] >= found[1]:
        return None
    if any(y not in about.years(name) for name in _NEEDED for y in found):
        return None
    return found[0], found[1]


def point_mort_parts(about: Subject) -> list[tuple[str, Part]]:
    """
    Return what the page of the point mort shows, with the slots; nothing without it.

    Parameters
    ----------
    about
        What is observed.
    """
    if not about.supplied(_ID):
        return []
    found: list[tuple[str, Figure | None]] = [("wide", _cascade(about))]
    size = (88.0, 78.0)
    found += [
        ("left", ends_chart(about, _ID, "point-mort-communes", size)),
        ("right", peers_chart(about, _ID, "point-mort-pairs", size)),
    ]
    parts: list[tuple[str, Part]] = [
        (slot, part) for slot, part in found if part is not None
    ]
    told = tuple(typeset(line) for line in _HOW)
    return [*parts, ("note", Note("method", "Comment il se calcule", told))]


def _cascade(about: Subject) -> Figure | None:
    values = components(about)
    if values is None:
        return None
    vintage = about.told(_ID).vintage
    what = f"Point mort et ses composantes, {vintage}, en logements par an"
    level = f"{about.name.bare}, {number(len(about.codes))} communes"
    return bar_chart(
        "point-mort-composantes",
        values,
        caption=typeset(f"{what} ({level})"),
        source="",
        mine=["Point mort"],
        order=False,
        size_mm=(182.0, 52.0),
    )
