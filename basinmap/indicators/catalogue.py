"""The indicators that the embedded data allow; ids of the field's catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.errors import CodeError
from basinmap.measures import Growth, Measure, Ratio, Stock

__all__ = ["Indicator", "indicators"]

_CENSUS = "recensement 2021"
_LEGAL = "populations légales"


@dataclass(frozen=True, slots=True)
class Indicator:
    """
    An indicator: what is computed, and how it is named and written.

    Attributes
    ----------
    id
        Id in the catalogue, such as `"L04"`.
    column
        Column name of its values.
    title
        French title of a map, with its date.
    definition
        French definition, as printed under the title.
    measure
        How it is computed.
    decimals
        Decimals when printed.
    palette
        Default palette of its map.
    """

    id: str
    column: str
    title: str
    definition: str
    measure: Measure
    decimals: int
    palette: str


def _share(id_: str, top: str, title: str, definition: str, palette: str) -> Indicator:
    """Return a share of the dwellings of the census 2021."""
    measure = Ratio(
        numerator=top,
        denominator="dwellings_2021",
        scale=100,
        label=title,
        unit="%",
        vintage="2021",
        family="P",
    )
    name = f"{title} en 2021"
    return Indicator(id_, id_, name, f"{definition} ({_CENSUS})", measure, 1, palette)


def _stock(id_: str, column: str, title: str, unit: str, year: str) -> Indicator:
    measure = Stock(label=title, unit=unit, vintage=year)
    source = _LEGAL if column.startswith("population") else _CENSUS
    return Indicator(
        id_, column, f"{title} en {year}", f"{title} ({source})", measure, 0, "greys"
    )


_ALL: Final = (
    _stock("D01", "population_2023", "Population municipale", "habitants", "2023"),
    Indicator(
        "D02",
        "D02",
        "Évolution annuelle de la population de 2016 à 2023",
        "Taux de variation annuel moyen de la population municipale "
        "(populations légales 2016 et 2023)",
        Growth(
            start="population_2016",
            end="population_2023",
            years=7,
            label="Taux de variation annuel moyen de la population",
            unit="% par an",
            vintage="2016-2023",
        ),
        2,
        "orange-violet",
    ),
    Indicator(
        "D05",
        "D05",
        "Densité de population en 2023",
        "Habitants par kilomètre carré (populations légales 2023)",
        Ratio(
            numerator="population_2023",
            denominator="area_km2",
            label="Densité de population",
            unit="hab./km²",
            vintage="2023",
        ),
        0,
        "blues",
    ),
    _stock("D06", "main_residences_2021", "Ménages", "ménages", "2021"),
    _stock("L01", "dwellings_2021", "Logements", "logements", "2021"),
    _share(
        "L02",
        "main_residences_2021",
        "Part des résidences principales",
        "Part des résidences principales dans l'ensemble des logements",
        "teals",
    ),
    _share(
        "L03",
        "secondary_residences_2021",
        "Part des résidences secondaires",
        "Part des résidences secondaires et des logements occasionnels "
        "dans l'ensemble des logements",
        "teals",
    ),
    _share(
        "L04",
        "vacant_dwellings_2021",
        "Taux de vacance des logements",
        "Part des logements vacants dans l'ensemble des logements",
        "reds",
    ),
    _share(
        "L05",
        "houses_2021",
        "Part des maisons",
        "Part des maisons dans l'ensemble des logements",
        "greens",
    ),
)

CATALOGUE: Final[Mapping[str, Indicator]] = MappingProxyType(
    {item.id: item for item in _ALL}
)


def indicators() -> pd.DataFrame:
    """
    Return the catalogue of the indicators that can be computed.

    Returns
    -------
    DataFrame
        Index `indicator`; `title`, `unit`, `kind` (stock, ratio, growth),
        `numerator`, `denominator` (columns), `vintage`, `decimals`.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.indicators().loc["L04", ["unit", "numerator", "denominator"]].tolist()
    ['%', 'vacant_dwellings_2021', 'dwellings_2021']
    """
    rows = {item.id: _row(item) for item in _ALL}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def _row(item: Indicator) -> dict[str, object]:
    match item.measure:
        case Ratio(numerator=top, denominator=bottom):
            counts: tuple[str, str | None] = (top, bottom)
        case Growth(start=start, end=end):
            counts = (end, start)
        case _:
            counts = (item.column, None)
    return {
        "title": item.title,
        "unit": item.measure.unit,
        "kind": type(item.measure).__name__.lower(),
        "numerator": counts[0],
        "denominator": counts[1],
        "vintage": item.measure.vintage,
        "decimals": item.decimals,
    }


def indicator(id_: str) -> Indicator:
    """
    Return one indicator of the catalogue.

    Parameters
    ----------
    id_
        Its id.

    Raises
    ------
    CodeError
        With the ids that exist.

    Examples
    --------
    >>> indicator("L04").title
    'Taux de vacance des logements en 2021'
    """
    if id_ not in CATALOGUE:
        msg = f"unknown indicator {id_!r}; choose among {', '.join(CATALOGUE)}"
        raise CodeError(msg)
    return CATALOGUE[id_]
