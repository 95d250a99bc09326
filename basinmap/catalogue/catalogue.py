"""
The indicators that the embedded data allow; ids of the field's catalogue.

Counts are named without a year: `vacant_dwellings` stands for any column
`vacant_dwellings_2021`, of whatever year a table holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import pandas as pd

from basinmap.errors import CodeError
from basinmap.measures import Growth, Measure, Ratio, Stock

__all__ = ["Indicator", "indicators"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """
    An indicator: what is computed, and how it is named and written.

    An indicator is of no year: that is the year of the counts it is computed from.

    Attributes
    ----------
    id
        Id in the catalogue, such as `"L04"`.
    label
        French name.
    definition
        French definition, as printed under the title.
    measure
        How it is computed, from counts named without a year.
    count
        The count itself, for a stock.
    decimals
        Decimals when printed.
    palette
        Default palette of its map.
    """

    id: str
    label: str
    definition: str
    measure: Measure
    decimals: int
    palette: str
    count: str = ""

    @property
    def counts(self) -> tuple[str, ...]:
        """The counts it needs, without a year, the first one first."""
        match self.measure:
            case Ratio(numerator=top, denominator=bottom):
                return top, bottom
            case Growth(start=start):
                return (start,)
            case _:
                return (self.count,)

    def title(self, vintage: str = "") -> str:
        """
        Return the French title of a map.

        Parameters
        ----------
        vintage
            Year of the counts, or `"2016-2023"` for an indicator of two.
        """
        if isinstance(self.measure, Growth) and "-" in vintage:
            return f"{self.label} de {vintage.replace('-', ' à ')}"
        return f"{self.label} en {vintage}" if vintage else self.label


def _share(id_: str, top: str, label: str, definition: str, palette: str) -> Indicator:
    """Return a share of the dwellings."""
    measure = Ratio(
        numerator=top, denominator="dwellings", scale=100, label=label, unit="%"
    )
    return Indicator(id_, label, definition, measure, 1, palette)


def _stock(id_: str, count: str, label: str, unit: str) -> Indicator:
    measure = Stock(label=label, unit=unit)
    return Indicator(id_, label, label, measure, 0, "greys", count)


_ALL: Final = (
    _stock("D01", "population", "Population municipale", "habitants"),
    Indicator(
        "D02",
        "Évolution annuelle de la population",
        "Taux de variation annuel moyen de la population municipale",
        Growth(
            start="population",
            end="population",
            years=1,
            label="Taux de variation annuel moyen de la population",
            unit="% par an",
        ),
        2,
        "orange-violet",
    ),
    Indicator(
        "D05",
        "Densité de population",
        "Habitants par kilomètre carré",
        Ratio(
            numerator="population",
            denominator="area_km2",
            label="Densité de population",
            unit="hab./km²",
        ),
        0,
        "blues",
    ),
    _stock("D06", "main_residences", "Ménages", "ménages"),
    _stock("L01", "dwellings", "Logements", "logements"),
    _share(
        "L02",
        "main_residences",
        "Part des résidences principales",
        "Part des résidences principales dans l'ensemble des logements",
        "teals",
    ),
    _share(
        "L03",
        "secondary_residences",
        "Part des résidences secondaires",
        "Part des résidences secondaires et des logements occasionnels "
        "dans l'ensemble des logements",
        "teals",
    ),
    _share(
        "L04",
        "vacant_dwellings",
        "Taux de vacance des logements",
        "Part des logements vacants dans l'ensemble des logements",
        "reds",
    ),
    _share(
        "L05",
        "houses",
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
        Index `indicator`; `title` (without its year), `unit`, `kind` (stock, ratio,
        growth), `numerator`, `denominator` (counts, without their year), `decimals`.

    Examples
    --------
    >>> import basinmap as bm
    >>> bm.indicators().loc["L04", ["unit", "numerator", "denominator"]].tolist()
    ['%', 'vacant_dwellings', 'dwellings']
    """
    rows = {item.id: _row(item) for item in _ALL}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("indicator")


def _row(item: Indicator) -> dict[str, object]:
    counts = (*item.counts, *item.counts)
    stock = isinstance(item.measure, Stock)
    return {
        "title": item.label,
        "unit": item.measure.unit,
        "kind": type(item.measure).__name__.lower(),
        "numerator": counts[0],
        "denominator": None if stock else counts[1],
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
    >>> indicator("L04").title("2022")
    'Taux de vacance des logements en 2022'
    """
    if id_ not in CATALOGUE:
        msg = f"unknown indicator {id_!r}; choose among {', '.join(CATALOGUE)}"
        raise CodeError(msg)
    return CATALOGUE[id_]
