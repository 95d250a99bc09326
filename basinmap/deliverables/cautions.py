"""What is to be read with care, as a column of the data that leaves."""

from __future__ import annotations

from typing import Final

import geopandas as gpd

from basinmap.values.told import fact_of, retell, told_of

__all__ = ["CAUTION", "with_cautions"]

CAUTION: Final = "_prudence"
"""What ends the name of such a column."""


def with_cautions(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """
    Return a layer with why each value of few is to be read with care, beside it.

    Parameters
    ----------
    frame
        Any; a column of which some values are told to be made from few gets a
        neighbour, `<column>_prudence`, empty where a value is firm.

    Examples
    --------
    >>> import basinmap as bm
    >>> lens = bm.communes(epci="call")
    >>> rate = bm.compute("L04", bm.statistics(epci="call"))
    >>> table = bm.table_of({"L04": rate})
    >>> told = lens[["name", "geometry"]].join(table)
    >>> told.attrs = {**lens.attrs, "columns": table.attrs["columns"]}
    >>> list(with_cautions(told)["L04_prudence"].dropna().unique())
    ['moins de 200 logements']
    """
    found = frame
    labels = dict(fact_of(frame, "labels", {}))
    for name in [str(one) for one in frame.columns]:
        if name == frame.active_geometry_name or f"{name}{CAUTION}" in frame.columns:
            continue
        told = told_of(frame[name])
        why = [told.fragile.get(code) for code in frame.index]
        if not any(why):
            continue
        if found is frame:
            found = frame.copy()
        place = list(found.columns).index(name) + 1
        found.insert(place, f"{name}{CAUTION}", why)
        labels[f"{name}{CAUTION}"] = f"{told.title or told.label or name} : prudence"
    return frame if found is frame else retell(found, labels=labels)
