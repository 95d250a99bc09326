"""How apart two groups live: dissimilarity, isolation, entropy, Gini."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from basinmap.arguments import check_given
from basinmap.errors import ColumnError, DataError, MeasureError, culprits
from basinmap.impact.counts import counts_of, gravest_state, laid_out, of_source
from basinmap.measures import missing
from basinmap.spatial.combining import part_of
from basinmap.spatial.options import check_flag
from basinmap.states import STATES
from basinmap.territory.levels import PRINTED, check_unique
from basinmap.territory.wholes import remarks, warn_of_part
from basinmap.typography import number, typeset
from basinmap.values.told import Told, measures_of, retell, tell

__all__ = ["INDICES", "segregation"]

Floats = NDArray[np.float64]


def _dissimilarity(group: Floats, total: Floats) -> float:
    """Half of what two distributions differ by (Duncan and Duncan, 1955)."""
    rest = total - group
    return float(np.abs(group / group.sum() - rest / rest.sum()).sum() / 2)


def _isolation(group: Floats, total: Floats) -> float:
    """Share of its own group around one of it, on average (Bell, 1954)."""
    return float((group / group.sum()) @ (group / total))


def _entropy(group: Floats, total: Floats) -> float:
    """How much less diverse units are than the whole (Theil and Finizza, 1971)."""
    whole = _diversity(np.array([group.sum() / total.sum()]))[0]
    own = _diversity(group / total)
    return float((total / total.sum()) @ (whole - own) / whole)


def _diversity(share: Floats) -> Floats:
    parts = np.stack([share, 1 - share])
    logs = np.log(parts, out=np.zeros_like(parts), where=parts > 0)
    return -(parts * logs).sum(axis=0)


def _gini(group: Floats, total: Floats) -> float:
    """Area between the segregation curve and evenness (Duncan and Duncan, 1955)."""
    rest = total - group
    order = np.argsort(group / total, kind="stable")
    one = np.concatenate([[0.0], np.cumsum(group[order]) / group.sum()])
    other = np.diff(np.concatenate([[0.0], np.cumsum(rest[order]) / rest.sum()]))
    return float(1 - other @ (one[1:] + one[:-1]))


INDICES: Final[Mapping[str, tuple[str, Callable[[Floats, Floats], float]]]] = (
    MappingProxyType(
        {
            "dissimilarity": ("Indice de dissimilarité", _dissimilarity),
            "isolation": ("Indice d'isolement", _isolation),
            "entropy": ("Indice d'entropie de Theil (H)", _entropy),
            "gini": ("Indice de Gini de ségrégation", _gini),
        }
    )
)
"""Printed name and formula of each index."""


def segregation(
    table: pd.DataFrame,
    group: str,
    *,
    total: str,
    by: str | pd.Series | None = None,
    allow_partial: bool = False,
) -> pd.DataFrame:
    """
    Return how apart a group lives from all the others, over small units.

    Parameters
    ----------
    table
        Counts, a row a small unit: IRIS, quartier, commune.
    group, total
        Columns: people, households or dwellings of the group, and all of them.
    by
        Column or Series: the territory that each unit is in, such as its commune; by
        default all rows are one territory. Units without one are left out.
    allow_partial
        Whether units that are secret, missing or in no row may be left out; the
        indices of their territory are then estimates.

    Returns
    -------
    DataFrame
        A row a territory: `units` (how many have somebody), `group`, `total`, `share`
        (per cent) and the indices, from 0 (evenly spread) to 1 (wholly apart):
        `dissimilarity`, the share of the group that would have to move to be spread
        as the others are; `isolation`, the share of its own group around one of it,
        which is at least its share of all; `entropy`; `gini`. Not available, or
        secret, where a unit is; not applicable of one unit, or of a group that has
        nobody or everybody.

    Raises
    ------
    ColumnError
        If a column is missing.
    MeasureError
        If a column holds no counts, or the group is more than all.
    DataError
        If a code stands twice, or no unit has a territory.

    Warns
    -----
    BasinmapWarning
        With the official territories some of whose units are in no row.

    Notes
    -----
    An index of small units is higher than one of large ones, and small counts spread
    unevenly by chance alone: compare territories by like units, and groups of like
    size.

    Examples
    --------
    >>> import basinmap as bm
    >>> table = bm.statistics("iris")
    >>> found = bm.segregation(
    ...     table, "vacant_dwellings_2021", total="dwellings_2021", by="commune"
    ... )
    >>> found.loc["62498", ["units", "dissimilarity"]].astype(float).round(3).tolist()
    [17.0, 0.157]
    """
    check_given(segregation, locals())
    check_flag(allow_partial, "allow_partial")
    if group == total:
        msg = f"{group!r} is both the group and all of them: give total= another column"
        raise MeasureError(msg)
    values, found = counts_of(table, [group, total])
    values, states = values.set_axis(["group", "total"], axis=1), gravest_state(found)
    parent = _parent(table, by)
    kept = ~missing(parent)
    if not kept.any():
        msg = "by: no unit has a territory; give a column such as by='commune'"
        raise DataError(msg)
    over = values.index[values["group"] > values["total"] * (1 + 1e-9)]
    if len(over):
        msg = (
            f"{group!r} is more than {total!r} in {len(over)} unit(s): {culprits(over)}"
            "; total holds the group, and all the others"
        )
        raise MeasureError(msg)
    lacks = {} if by is None else part_of(table, parent[kept], by)
    if not allow_partial:
        warn_of_part(lacks, stacklevel=3)
    places, codes = pd.factorize(parent[kept])
    order = np.argsort(places, kind="stable")
    ends = np.cumsum(np.bincount(places))[:-1]
    columns = (values["group"], values["total"], states)
    pieces = [np.split(c[kept].to_numpy()[order], ends) for c in columns]
    rows = {
        code: _row(some, every, why, code in lacks, allowed=allow_partial)
        for code, some, every, why in zip(codes, *pieces, strict=True)
    }
    found = _told(table, rows, parent, group, total)
    return retell(found, remarks=remarks(lacks, found.index))


def _parent(table: pd.DataFrame, by: str | pd.Series | None) -> pd.Series:
    if by is None:
        return pd.Series("ensemble", index=table.index, name="territory")
    if isinstance(by, pd.Series):
        check_unique(by.index, "by")
        return by.reindex(table.index)
    if not isinstance(by, str) or by not in table.columns:
        msg = f"by: no column {by!r}; found {culprits(table.columns)}"
        raise ColumnError(msg)
    return pd.Series(table[by])


def _row(
    group: Floats,
    total: Floats,
    states: NDArray[np.object_],
    lacks: object,
    *,
    allowed: bool,
) -> dict[str, object]:
    """Return the indices of one territory, and what they are worth."""
    gone = np.isin(states, ["secret", "not_available"])
    state = "estimated" if (states == "estimated").any() else ""
    if gone.any() or lacks:
        state = "secret" if (states == "secret").any() else "not_available"
        state = "estimated" if allowed else state
    there = ~gone & (total > 0)
    group, total = group[there], total[there]
    found: dict[str, object] = {
        "units": int(there.sum()),
        "group": group.sum(),
        "total": total.sum(),
        "share": 100 * group.sum() / total.sum() if total.sum() else np.nan,
    }
    whole = len(group) < 2 or not 0 < group.sum() < total.sum()
    if state not in STATES and whole:
        state = "not_applicable"
    for name, (_, formula) in INDICES.items():
        found[name] = np.nan if state in STATES else formula(group, total)
    return found | {"state": state, "gone": int(gone.sum())}


def _told(
    table: pd.DataFrame,
    rows: Mapping[object, dict[str, object]],
    parent: pd.Series,
    group: str,
    total: str,
) -> pd.DataFrame:
    found = pd.DataFrame.from_dict(rows, orient="index")
    found.index.name = parent.name
    measures = measures_of(table)
    labels = [measures[c].label if c in measures else c for c in (group, total)]
    source = of_source(table)
    level = str(parent.name or "")
    small = source.level or "unité"
    sources = tuple(
        dict.fromkeys(
            line
            for c in (group, total)
            if c in measures and measures[c].source
            for line in measures[c].source.split("; ")
        )
    )
    gone = int(found.pop("gone").sum())
    states = found.pop("state")
    notes = [f"{labels[0]}, parmi : {labels[1]}. Maille : {PRINTED.get(small, small)}."]
    if gone:
        notes.append(f"{number(gone)} unités secrètes ou non disponibles.")
    one = Told(
        level=level if level != "territory" else "",
        geography=source.geography,
        sources=source.sources or sources,
        notes=tuple(typeset(note) for note in notes),
    )
    vintage = measures[group].vintage if group in measures else ""
    columns = {
        name: Told(
            kind="ratio",
            label=typeset(f"{label} – {labels[0]}"),
            decimals=2,
            vintage=vintage,
        )
        for name, (label, _) in INDICES.items()
    }
    # A group of which a unit is secret would be told by what is left of it.
    hidden = states.isin(["secret", "not_available"])
    for name in ("group", "total", "share"):
        found[name] = found[name].mask(hidden)
    table = laid_out(found, states, one, columns)
    columns |= {
        "units": Told(label="Unités habitées"),
        "group": Told(kind="stock", label=labels[0], vintage=vintage),
        "total": Told(kind="stock", label=labels[1], vintage=vintage),
        "share": Told(kind="ratio", label=typeset(f"Part : {labels[0]}"), unit="%"),
    }
    return tell(table, one, columns=columns)
