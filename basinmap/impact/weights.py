"""Who is whose neighbour: by a border, a distance in metres, minutes of travel."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Collection
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy import sparse
from scipy.spatial import cKDTree

from basinmap.arguments import check_given
from basinmap.errors import (
    BasinmapWarning,
    CodeError,
    ColumnError,
    DataError,
    LibraryError,
    culprits,
)
from basinmap.spatial.coverages import neighbours
from basinmap.spatial.options import check_size
from basinmap.spatial.projections import check_frame, check_metric
from basinmap.territory.levels import PRINTED, check_unique
from basinmap.typography import number, shortest, typeset
from basinmap.values.told import fact_of, told_of

__all__ = [
    "Weights",
    "contiguity_weights",
    "distance_weights",
    "time_weights",
    "weights_of",
]

_SPARE: Final = 8
"""Neighbours searched beyond those asked for, so that ties go by code."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Weights:
    """
    Which units are neighbours, and how much each counts.

    Attributes
    ----------
    codes
        Codes of the units, in the order of the matrix.
    matrix
        What each column counts for each row, as given; nothing on the diagonal.
    rule
        French words: what neighbours are.
    geography, date
        Year of the list of communes, and day of the perimeters, of the units.

    See Also
    --------
    contiguity_weights : Neighbours by a border.
    distance_weights : Neighbours by a distance.
    time_weights : Neighbours by minutes of travel.
    """

    codes: pd.Index
    matrix: sparse.csr_array
    rule: str
    geography: str = ""
    date: str = ""

    def __post_init__(self) -> None:
        """Refuse a matrix that is no list of neighbours of these codes."""
        if not isinstance(self.codes, pd.Index) or np.ndim(self.matrix) != 2:
            msg = "codes must be a pandas Index, and the matrix have a row a code"
            raise DataError(msg)
        check_unique(self.codes, "codes")
        object.__setattr__(self, "matrix", sparse.csr_array(self.matrix))
        shape = (len(self.codes), len(self.codes))
        if self.matrix.shape != shape:
            msg = f"matrix of {self.matrix.shape} for {len(self.codes)} codes"
            raise DataError(msg)
        counts = self.matrix.data
        if not (np.isfinite(counts) & (counts > 0)).all():
            msg = "weights must be finite and above 0; leave those of 0 out"
            raise DataError(msg)
        if self.matrix.diagonal().any():
            msg = "a unit is its own neighbour: empty the diagonal of the matrix"
            raise DataError(msg)

    @property
    def counts(self) -> pd.Series:
        """How many neighbours each unit has."""
        found = np.diff(self.matrix.indptr)
        return pd.Series(found, index=self.codes, name="neighbours")

    @property
    def isolates(self) -> tuple[Any, ...]:
        """The units without a neighbour."""
        counts = self.counts
        return tuple(counts.index[counts == 0])

    def among(self, codes: Collection[object]) -> Weights:
        """
        Return the same neighbours among some of the units only.

        Parameters
        ----------
        codes
            Codes to keep; the order stays.

        Returns
        -------
        Weights
            Without a word on those that lost all their neighbours: `isolates` says.

        Raises
        ------
        CodeError
            If one is of no unit.
        """
        codes = [codes] if isinstance(codes, str) else list(codes)
        places = self.codes.get_indexer(pd.Index(codes))
        if (places < 0).any():
            unknown = [c for c, p in zip(codes, places, strict=True) if p < 0]
            msg = f"codes: {len(unknown)} of no unit: {culprits(unknown)}"
            raise CodeError(msg)
        kept = np.unique(places)
        if len(kept) == len(self.codes):
            return self
        matrix = self.matrix[kept][:, kept]
        return replace(self, codes=self.codes[kept], matrix=matrix)

    def graph(self) -> Any:  # noqa: ANN401 - a class of an optional library
        """
        Return the same as a `libpysal.graph.Graph`, for what PySAL does besides.

        Returns
        -------
        Graph
            In the order of `codes`; a unit without a neighbour stays, as there.

        Raises
        ------
        LibraryError
            If libpysal is not installed.

        See Also
        --------
        weights_of : The way back.
        """
        graphs = _pysal()
        rows, columns = self.matrix.nonzero()
        alone = np.flatnonzero(np.diff(self.matrix.indptr) == 0)
        # There an isolate is its own neighbour, for nothing.
        focal = np.concatenate([rows, alone])
        other = np.concatenate([columns, alone])
        data = np.concatenate([self.matrix.data, np.zeros(len(alone))])
        order = np.lexsort([other, focal])
        pairs = [self.codes[focal[order]], self.codes[other[order]]]
        found = pd.Series(
            data[order],
            index=pd.MultiIndex.from_arrays(pairs, names=["focal", "neighbor"]),
            name="weight",
        )
        return graphs.Graph(found, is_sorted=True)

    def __str__(self) -> str:
        """Say in French who is whose neighbour."""
        mean = number(float(self.counts.mean()), 1)
        alone = self.isolates
        tail = f" ; {number(len(alone))} sans voisine" if alone else ""
        return typeset(f"Voisinage : {self.rule} ; {mean} en moyenne{tail}.")

    def __repr__(self) -> str:
        """Say the same to whoever looks."""
        return f"<Weights of {len(self.codes)} units: {self.rule}>"


def contiguity_weights(
    units: gpd.GeoDataFrame, *, corners: bool = True, tolerance: float | None = None
) -> Weights:
    """
    Return as neighbours the units that touch.

    Parameters
    ----------
    units
        Polygons, in a metric CRS.
    corners
        Whether to touch at a point is enough (the queen of chess), or not (the rook).
    tolerance
        As in `neighbours`, of units that are no valid coverage.

    Returns
    -------
    Weights
        1 for each neighbour.

    Raises
    ------
    DataError
        If the units are no valid coverage and no tolerance is given, a code is
        repeated, or none touches another.
    CRSError
        If lengths cannot be measured.

    Warns
    -----
    BasinmapWarning
        With the units that touch no other.

    See Also
    --------
    distance_weights : Where islands and enclaves must have neighbours too.

    Examples
    --------
    >>> import basinmap as bm
    >>> near = bm.contiguity_weights(bm.communes(epci="call"))
    >>> int(near.counts["62498"]), near.isolates
    (7, ())
    """
    check_given(contiguity_weights, locals())
    pairs = neighbours(units, points=corners, tolerance=tolerance)
    codes = units.index
    one = codes.get_indexer(pairs["unit"])
    other = codes.get_indexer(pairs["neighbour"])
    rows, columns = np.concatenate([one, other]), np.concatenate([other, one])
    how = "par une frontière ou un point" if corners else "par une frontière"
    if tolerance is not None:
        how += f", à {shortest(tolerance)} m près"
    found = _built(codes, rows, columns, f"{_called(units)} qui se touchent, {how}")
    return _dated(found, units)


def distance_weights(
    units: gpd.GeoDataFrame, *, within: float | None = None, nearest: int | None = None
) -> Weights:
    """
    Return as neighbours the units within a distance, or the nearest ones.

    Parameters
    ----------
    units
        Polygons, of which a point inside is taken, or points; in a metric CRS.
    within
        Metres, in the plane of the CRS, bounds included.
    nearest
        How many neighbours each unit has: then none is alone, and a neighbour may not
        be one in return. At equal distances the first in the frame goes first.

    Returns
    -------
    Weights
        1 for each neighbour.

    Raises
    ------
    DataError
        If not one of the two is given, a code is repeated, an outline is absent, no
        unit has a neighbour, or every one has all the others.
    CRSError
        If lengths cannot be measured.

    Warns
    -----
    BasinmapWarning
        With the units that have no neighbour.

    Examples
    --------
    >>> import basinmap as bm
    >>> near = bm.distance_weights(bm.communes(epci="call"), nearest=4)
    >>> near.rule, set(near.counts)
    ("les 4 plus proches à vol d'oiseau", {4})
    """
    check_given(distance_weights, locals())
    if (within is None) == (nearest is None):
        msg = "give within= (metres), or nearest= (how many), one of the two"
        raise DataError(msg)
    points = _points(units)
    if nearest is not None:
        rows, columns = _nearest(points, _whole(nearest, len(points)))
        rule = f"les {nearest} plus proches à vol d'oiseau"
        return _dated(_built(units.index, rows, columns, rule), units)
    check_size(within, "within is a distance in metres above 0, such as 5_000")
    pairs = cKDTree(points).query_pairs(float(within or 0), output_type="ndarray")
    rows = np.concatenate([pairs[:, 0], pairs[:, 1]])
    columns = np.concatenate([pairs[:, 1], pairs[:, 0]])
    far = f"{shortest(float(within or 0) / 1000)} km au plus"
    rule = f"{_called(units)} à {far} à vol d'oiseau"
    cure = "within is in metres: 5_000"
    return _dated(_built(units.index, rows, columns, rule, cure=cure), units)


def time_weights(times: pd.DataFrame, *, within: float) -> Weights:
    """
    Return as neighbours the units within some minutes of travel.

    Parameters
    ----------
    times
        What `travel_times` or `read_travel_times` returned, from the units to
        themselves: a row a pair, `minutes` missing where nothing leads.
    within
        Minutes, bounds included.

    Returns
    -------
    Weights
        1 for each unit reached; where streets are one-way it may not be one in return.

    Raises
    ------
    ColumnError
        If `minutes` is missing.
    DataError
        If a pair stands twice, minutes are negative, the table stops before `within`,
        or no unit has a neighbour.
    CodeError
        If the units travelled from are not those travelled to.

    Warns
    -----
    BasinmapWarning
        With the units that reach no other.

    Examples
    --------
    >>> import basinmap as bm
    >>> import pandas as pd
    >>> pairs = pd.MultiIndex.from_product([["a", "b", "c"]] * 2)
    >>> minutes = [0, 9, 30, 9, 0, 12, 30, 12, 0]
    >>> times = pd.DataFrame({"minutes": minutes}, pairs.set_names(["origin", "to"]))
    >>> bm.time_weights(times, within=15).counts.tolist()
    [1, 2, 1]
    """
    check_given(time_weights, locals())
    check_size(within, "within is a time in minutes above 0, such as 15")
    minutes = _minutes(times, within)
    codes = _both_ways(minutes.index)
    near = minutes.index[minutes.to_numpy() <= within]
    rows = codes.get_indexer(near.get_level_values(0))
    columns = codes.get_indexer(near.get_level_values(1))
    other = rows != columns
    rule = f"unités à {shortest(within)} min au plus"
    return _built(codes, rows[other], columns[other], rule)


def weights_of(graph: Any, *, rule: str) -> Weights:  # noqa: ANN401 - of PySAL
    """
    Return the neighbours of a `libpysal.graph.Graph`.

    Parameters
    ----------
    graph
        What `Graph.build_*` returned.
    rule
        French words, printed: what neighbours are, such as « cités reliées par un
        cavalier minier ».

    Returns
    -------
    Weights
        With the codes of its `unique_ids`, in their order, and its weights.

    Raises
    ------
    DataError
        If it is no graph, has negative weights or no neighbour, or no rule is said.

    Warns
    -----
    BasinmapWarning
        With the units without a neighbour.

    See Also
    --------
    Weights.graph : The way there.

    Examples
    --------
    >>> import basinmap as bm
    >>> graph = bm.contiguity_weights(bm.communes(epci="call")).graph()
    >>> bm.weights_of(graph, rule="communes qui se touchent")
    <Weights of 36 units: communes qui se touchent>
    """
    check_given(weights_of, locals())
    pairs = getattr(graph, "adjacency", None)
    codes = getattr(graph, "unique_ids", None)
    if not isinstance(pairs, pd.Series) or codes is None:
        kind = type(graph).__name__
        msg = (
            f"expected a libpysal.graph.Graph, got {kind}; of an older W take "
            "libpysal.graph.Graph.from_W(w)"
        )
        raise DataError(msg)
    if not isinstance(rule, str) or not rule.strip():
        msg = "rule: say in French what neighbours are, it is printed"
        raise DataError(msg)
    codes = pd.Index(codes)
    rows = codes.get_indexer(pairs.index.get_level_values(0))
    columns = codes.get_indexer(pairs.index.get_level_values(1))
    data = pairs.to_numpy(dtype=float)
    kept = (rows != columns) & (data != 0)
    return _built(codes, rows[kept], columns[kept], rule, data=data[kept])


# -- how they are built -------------------------------------------------------------


def _built(
    codes: pd.Index,
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    rule: str,
    *,
    data: NDArray[np.float64] | None = None,
    cure: str = "take nearest= neighbours, or a longer within=",
) -> Weights:
    size = len(codes)
    data = np.ones(len(rows)) if data is None else data
    matrix = sparse.csr_array((data, (rows, columns)), shape=(size, size))
    matrix.sort_indices()
    found = Weights(codes, matrix, rule)
    alone = found.isolates
    if len(alone) == size:
        msg = f"{size} unit(s), and none has a neighbour ({rule}): {cure}"
        raise DataError(msg)
    if size > 2 and matrix.nnz == size * (size - 1):
        msg = (
            f"each of the {size} units is the neighbour of all the others ({rule}): "
            "nothing local is left to compare; ask for fewer"
        )
        raise DataError(msg)
    if alone:
        warnings.warn(
            f"{len(alone)} unit(s) without a neighbour ({rule}): {culprits(alone)}; "
            "no statistic of neighbours is about them, "
            "bm.distance_weights(units, nearest=…) gives neighbours to all",
            BasinmapWarning,
            stacklevel=3,
        )
    return found


def _called(units: gpd.GeoDataFrame) -> str:
    """Return what units are called in French, such as « communes »."""
    return PRINTED.get(told_of(units).level or str(units.index.name or ""), "unités")


def _dated(weights: Weights, units: gpd.GeoDataFrame) -> Weights:
    told = told_of(units)
    return replace(weights, geography=told.geography[:4], date=told.date)


def _points(units: gpd.GeoDataFrame) -> NDArray[np.float64]:
    check_frame(units, "units")
    check_metric(units, "units")
    check_unique(units.index, "units")
    shapes = units.geometry
    void = units.index[shapes.isna() | shapes.is_empty]
    if len(void):
        msg = f"units: {len(void)} without an outline: {culprits(void)}"
        raise DataError(msg)
    return shapely.get_coordinates(shapes.representative_point().to_numpy())


def _whole(nearest: object, size: int) -> int:
    whole = isinstance(nearest, int | np.integer) and not isinstance(nearest, bool)
    if not whole or not 0 < int(nearest) < size - 1:  # type: ignore[call-overload]
        msg = f"nearest: a whole number from 1 to {size - 2}, got {nearest!r}"
        raise DataError(msg)
    return int(nearest)  # type: ignore[call-overload]


def _nearest(
    points: NDArray[np.float64], count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the nearest of each point, at equal distance the first."""
    size = len(points)
    asked = min(size, count + 1 + _SPARE)
    far, others = cKDTree(points).query(points, k=asked)
    own = others == np.arange(size)[:, None]
    # Equal to a micrometre is equal: two centres of squares are.
    near = np.where(own, np.inf, np.round(far, 6))
    order = np.lexsort([others, near], axis=1)[:, :count]
    columns = np.take_along_axis(others, order, axis=1)
    return np.repeat(np.arange(size), count), columns.ravel()


def _minutes(times: pd.DataFrame, within: float) -> pd.Series:
    if not isinstance(times, pd.DataFrame) or times.index.nlevels != 2:
        msg = "times: need the table of travel_times, its index origin and destination"
        raise DataError(msg)
    if "minutes" not in times.columns:
        msg = f"times: no column 'minutes'; found {culprits(times.columns)}"
        raise ColumnError(msg)
    if not times.index.is_unique:
        again = times.index[times.index.duplicated()].unique()
        msg = f"times: pairs that stand twice: {culprits(again)}"
        raise DataError(msg)
    minutes = times["minutes"].astype(float)
    if (minutes < 0).any():
        wrong = minutes.index[minutes < 0]
        msg = f"times: negative minutes at {culprits(wrong)}"
        raise DataError(msg)
    limit = fact_of(times, "limit")
    if limit is not None and float(limit) < within:
        msg = (
            f"times: none above {shortest(float(limit))} min is in the table, and "
            f"within={within:g}: ask for less, or travel_times(…, limit={within:g})"
        )
        raise DataError(msg)
    return minutes


def _both_ways(pairs: pd.Index) -> pd.Index:
    """Return the codes of a table from units to themselves."""
    origins = pairs.get_level_values(0).unique()
    ends = pairs.get_level_values(1).unique()
    lost = origins.symmetric_difference(ends)
    if len(lost):
        msg = (
            f"times: {len(lost)} unit(s) are travelled from, or to, but not both: "
            f"{culprits(lost)}; take travel_times(units, units, …)"
        )
        raise CodeError(msg)
    return origins.rename(None)


def _pysal() -> ModuleType:
    """Import PySAL's graphs, when they are first asked for."""
    try:
        return importlib.import_module("libpysal.graph")
    except ImportError as error:
        msg = (
            "libpysal is not installed: pip install libpysal; moran, lisa "
            "and the others take these weights as they are, without it"
        )
        raise LibraryError(msg) from error
