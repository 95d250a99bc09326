"""Perimeters: named, dated, sourced sets of communes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from basinmap.errors import CodeError
from basinmap.territory import embedded
from basinmap.territory.levels import BASSIN, LEVELS, find_unit, resolve_codes
from basinmap.territory.units import membership

__all__ = ["Perimeter", "perimeter"]

_BASSIN_SOURCE = (
    "Insee Flash Hauts-de-France n° 74 (2019) : les 8 EPCI ; Insee, COG 2026 ; "
    "DGCL, EPCI au 1er janvier 2026"
)


@dataclass(frozen=True, slots=True)
class Perimeter:
    """
    A set of communes that has a name and a date.

    Attributes
    ----------
    code
        SIREN, slug or official code.
    name
        French name, as printed.
    level
        Level of the perimeter.
    communes
        Codes, in order.
    vintage
        COG year of those codes.
    valid_from, valid_to
        Days between which it is known to hold; None where it is not known.
    source
        Where the list comes from.
    """

    code: str
    name: str
    level: str
    communes: tuple[str, ...]
    vintage: int
    valid_from: dt.date | None
    valid_to: dt.date | None
    source: str


def perimeter(name: str, *, date: str = "2026-01-01") -> Perimeter:
    """
    Return a named perimeter at a date.

    Parameters
    ----------
    name
        `"bassin-minier"` (the statistical one: 8 EPCI, 336 communes), the SIREN
        or short name of an EPCI, the slug of a SCoT, the code of an
        arrondissement or of a département.
    date
        Day at which membership is read; 2026 is embedded.

    Raises
    ------
    CodeError
        If nothing, or more than one unit, answers to that name.
    VintageError
        If the date is not covered.

    Examples
    --------
    >>> import basinmap as bm
    >>> basin = bm.perimeter("bassin-minier")
    >>> len(basin.communes), basin.valid_from
    (336, datetime.date(2026, 1, 1))
    """
    for level in ("bassin", "epci", "scot", "arrondissement", "departement"):
        try:
            (code,) = resolve_codes(name, level)
        except CodeError:
            continue
        members = membership(level, date=date)
        return Perimeter(
            code=code,
            name="Bassin minier"
            if level == "bassin"
            else embedded.labels(level).loc[code, "name"],
            level=level,
            communes=tuple(members.index[members == code]),
            vintage=2026,
            valid_from=dt.date(2026, 1, 1),
            valid_to=None,
            source=_BASSIN_SOURCE
            if level == "bassin"
            else " ; ".join(embedded.credit(level)),
        )
    near = find_unit(name).head(4)
    hint = "; ".join(f"{r.code} ({r.name})" for r in near.itertuples(index=False))
    msg = (
        f"no perimeter is called {name!r}: "
        f"{'did you mean ' + hint if hint else 'try ' + repr(BASSIN)}? "
        f"(levels: {', '.join(LEVELS)})"
    )
    raise CodeError(msg)
