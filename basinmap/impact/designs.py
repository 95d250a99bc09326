"""One place, its rings, the communes and years compared: made once, asked often."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Proj, Transformer
from scipy.spatial.distance import cdist

from basinmap.arguments import check_given, shown
from basinmap.errors import (
    CodeError,
    ColumnError,
    DataError,
    MeasureError,
    VintageError,
    culprits,
)
from basinmap.impact.contrasts import Rings, rings_around
from basinmap.impact.fields import Chain, chain_of, fit_shape
from basinmap.impact.outcomes import (
    Outcome,
    check_communes,
    check_one_geography,
    counts_of,
    outcome_of,
    told_measures,
)
from basinmap.impact.placebos import Places, comparable, disjoint
from basinmap.measures import Ratio, as_floats
from basinmap.spatial.options import check_choice
from basinmap.spatial.projections import METRIC, check_metric
from basinmap.territory.aggregation import check_table
from basinmap.territory.days import Day, iso_day
from basinmap.territory.lists import listed
from basinmap.territory.perimeters import perimeter
from basinmap.territory.places import Place
from basinmap.territory.places import place as embedded_place
from basinmap.territory.units import check_unique
from basinmap.territory.units import communes as embedded_communes
from basinmap.values.told import bare

__all__ = [
    "EVENTS",
    "FEWEST",
    "Design",
    "check_before",
    "check_design",
    "day_of",
    "design",
    "ground_scale",
    "metres",
    "museum",
    "spots",
]

Floats = NDArray[np.float64]
Missing = Literal["refuse", "drop"]
LEAST: Final = (5, 20)
"""How many communes the treated ring and the controls hold at least."""
PLACES: Final = 500
"""How many placebo places are drawn."""
EVENTS: Final[Mapping[str, Day | int]] = {
    "l'annonce": 2004,
    "l'ouverture": "2012-12-12",
}
"""What happened to the Louvre-Lens: its choice was announced, it opened."""
FEWEST: Final = 19
"""Placebo places under which no rank can be under 5 %."""
_BASIN: Final = "bassin-minier"
_MUSEUM: Final = "louvre-lens"


@dataclass(frozen=True, eq=False, repr=False)
class Design:
    """
    Communes and years around a place, ready for an estimate.

    Attributes
    ----------
    place
        In the middle.
    opened
        Day from which years are « after », or None.
    announced
        Day from which it was expected, or None.
    bounds
        Outer distance of the treated ring and of the buffer, inner and outer distance
        of the controls, metres on the ground.
    outcome
        What is followed.
    weights
        One a commune, constant in time; `weighed` says of what.
    weighed
        Column that the weights are from, or `"weights"`.
    points
        Representative points of the communes, EPSG:2154.
    clusters
        EPCI of each commune; empty where it is not known.
    perimeter
        Whether each commune is of the perimeter whose variation is compared with the
        rest, and its French name.
    left_out
        Communes left out, to why.
    drawn, seed
        How many placebo places are drawn, and how.
    least
        How many communes the treated ring and the controls hold at least.
    town
        Weight that the commune in the middle of a placebo place has at least.
    """

    place: Place
    opened: dt.date | None
    announced: dt.date | None
    bounds: tuple[float, float, float, float]
    outcome: Outcome
    weights: Floats
    weighed: str
    points: Floats
    clusters: NDArray
    perimeter: tuple[NDArray, str]
    left_out: Mapping[str, str]
    drawn: int = PLACES
    seed: int = 0
    least: tuple[int, int] = LEAST
    town: float = 0.0

    def __repr__(self) -> str:
        """Write what is compared, on one line."""
        near, _, inner, outer = (f"{bound / 1000:g}" for bound in self.bounds)
        treated, control = self.rings.treated.sum(), self.rings.control.sum()
        return (
            f"Design({self.outcome.label!r}, {self.years[0]} to {self.years[-1]}, "
            f"{self.place.name!r}: {treated:.0f} communes within {near} km, "
            f"{control:.0f} from {inner} to {outer} km)"
        )

    @property
    def codes(self) -> pd.Index:
        """Give the codes of the communes."""
        return self.outcome.frame.index

    @property
    def years(self) -> tuple[int, ...]:
        """The years, in order."""
        return self.outcome.years

    @property
    def levels(self) -> Floats:
        """Outcome, communes × years."""
        return self.outcome.frame.to_numpy()

    @property
    def after(self) -> NDArray:
        """Which years begin once the place is open."""
        if self.opened is None:
            return np.ones(len(self.years), dtype=bool)
        return np.array([dt.date(y, 1, 1) >= self.opened for y in self.years])

    @property
    def expected(self) -> tuple[int, ...]:
        """Give the years before the opening in which it was already announced."""
        day = self.announced
        late = zip(self.years, self.after, strict=True)
        if day is None:
            return ()
        return tuple(y for y, past in late if not past and dt.date(y, 1, 1) >= day)

    @property
    def descriptive(self) -> bool:
        """Whether there is no year before: what follows describes an evolution."""
        return bool(self.after.all())

    @property
    def center(self) -> Floats:
        """Give the coordinates of the place."""
        return np.array([[self.place.point.x, self.place.point.y]])

    @cached_property
    def here(self) -> Floats:
        """Give the metres on the ground from the place to each commune."""
        scale = ground_scale(self.center)[:, None]
        return cdist(self.center, self.points) / scale

    @cached_property
    def far(self) -> Floats:
        """Give the metres on the ground from each commune to each other."""
        return cdist(self.points, self.points) / ground_scale(self.points)[:, None]

    @cached_property
    def rings(self) -> Rings:
        """Give the rings of the place."""
        return rings_around(self.here, self.bounds)

    @cached_property
    def candidates(self) -> NDArray:
        """Give the positions of communes around which the same rings can be drawn."""
        alike = comparable(self.far, self.here[0], self.bounds, self.least)
        return np.flatnonzero(alike & (self.weights >= self.town))

    @cached_property
    def places(self) -> Places:
        """Give the placebo places, drawn."""
        rows = self.candidates
        if self.random:
            rng = np.random.default_rng(self.seed)
            rows = np.sort(rng.choice(rows, self.drawn, replace=False))
        return self.places_at(rows)

    @property
    def random(self) -> bool:
        """Whether places were drawn, or all those comparable taken."""
        return len(self.candidates) > self.drawn

    @cached_property
    def disjoint(self) -> int:
        """How many places, that studied among them, share no ring but controls."""
        clear = 2 * self.bounds[1] * float(ground_scale(self.center)[0])
        points = self.points[self.candidates]
        return 1 + len(disjoint(points, self.center, clear=clear))

    def places_at(self, rows: NDArray) -> Places:
        """
        Return the places in the middle of some communes.

        Parameters
        ----------
        rows
            Their positions.
        """
        rings = rings_around(self.far[rows], self.bounds)
        return Places(self.codes[rows], self.points[rows], rings)

    @cached_property
    def chain(self) -> Chain:
        """Order of the communes for the fitted covariance."""
        return chain_of(self.points)

    @property
    def change(self) -> Floats:
        """Give the mean after less that before; the last year less the first."""
        after, levels = self.after, self.levels
        if after.all() or not after.any():
            return levels[:, -1] - levels[:, 0]
        return levels[:, after].mean(axis=1) - levels[:, ~after].mean(axis=1)

    @property
    def known(self) -> Floats:
        """Give a constant and the rings, of all communes: what has a mean apart."""
        columns = [self.rings.treated[0], self.rings.buffer[0]]
        kept = [column for column in columns if column.any()]
        return np.column_stack([np.ones(len(self.points)), *kept])

    @cached_property
    def resemblance(self) -> tuple[float, float]:
        """Give the range and the nugget of neighbours, fitted on the change."""
        return fit_shape(self.change, self.known, self.chain)

    @property
    def weightings(self) -> dict[str, Floats]:
        """Both weightings, the main one first."""
        return {self.weighed: self.weights, "equal": np.ones_like(self.weights)}

    def among_towns(self, least: float) -> Design:
        """
        Return the same, with placebo places around larger communes only.

        Parameters
        ----------
        least
            Weight, such as inhabitants, of the commune in the middle.
        """
        return self._like(replace(self, town=least))

    def _like(self, other: Design) -> Design:
        # Distances stay those of the same communes.
        other.__dict__.update(here=self.here, far=self.far)
        return other

    def around(self, bounds: tuple[float, float, float, float]) -> Design:
        """
        Return the same with other rings.

        Parameters
        ----------
        bounds
            As the attribute.

        Raises
        ------
        DataError
            If a ring holds too few communes.
        """
        other = self._like(replace(self, bounds=bounds))
        _check_rings(other)
        return other


def museum(place: Place | None) -> Place:
    """
    Return a place, by default the Louvre-Lens.

    Parameters
    ----------
    place
        A place, or None.

    Raises
    ------
    DataError
        If it is no place.
    """
    found = embedded_place(_MUSEUM) if place is None else place
    if not isinstance(found, Place):
        msg = f"place: a bm.Place is needed, such as bm.LOUVRE_LENS, not {place!r}"
        raise DataError(msg)
    return found


def ground_scale(points: Floats) -> Floats:
    """
    Return how many metres of Lambert-93 a metre on the ground is, at each point.

    Parameters
    ----------
    points
        In EPSG:2154.

    Examples
    --------
    >>> ground_scale(np.array([[686006.0, 7037021.0]])).round(6).tolist()
    [1.001436]
    """
    to_degrees = Transformer.from_crs(METRIC, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(points[:, 0], points[:, 1])
    return np.asarray(Proj(METRIC).get_factors(lon, lat).meridional_scale)


def spots(units: gpd.GeoDataFrame) -> Floats:
    """
    Return the representative points of units.

    Parameters
    ----------
    units
        Polygons or points in a metric CRS.
    """
    check_metric(units, "communes")
    found = units.geometry.representative_point()
    return np.column_stack([found.x, found.y])


def design(  # noqa: PLR0913 - each is a choice that changes the figures
    table: pd.DataFrame,
    *,
    outcome: str | Ratio,
    place: Place | None = None,
    years: Sequence[int] | None = None,
    opened: Day | None = None,
    announced: Day | int | None = None,
    distances: Sequence[float] = (10_000, 20_000, 40_000),
    weights: str | pd.Series = "population",
    communes: gpd.GeoDataFrame | None = None,
    missing: Missing = "refuse",
    breaks: Mapping[int, str] | None = None,
    places: int = PLACES,
    seed: int = 0,
) -> Design:
    """
    Prepare the comparison of what is near a place with what is farther.

    Parameters
    ----------
    table
        Communes × columns named `<count>_<year>`, of all the ground where the same
        rings may be drawn elsewhere: the two départements.
    outcome
        Name of a count without its year, followed in per cent (100 times its
        logarithm), or a `Ratio` of two such counts, followed in its unit.
    place
        In the middle; by default the Louvre-Lens.
    years
        Those compared; by default all those of the table.
    opened
        Day from which years are « after »; by default that of the place.
    announced
        Day or year from which it was expected: years between are told. By default
        2004 for the Louvre-Lens, and nothing for another place.
    distances
        Metres: the treated communes are nearer than the first, controls lie between
        the second and the third; between the first and the second is a buffer, with
        a difference of its own.
    weights
        Name of a count without its year, taken in the first year, or a Series by
        commune: weights do not change in time. Results are given with equal weights
        too.
    communes
        Outlines; by default the embedded ones.
    missing
        `"refuse"`, or `"drop"`: communes of the rings without a value in some year
        leave all years, and it is said. Elsewhere they always do.
    breaks
        First year of another way of counting, to what changed; those that the census
        files tell are known.
    places, seed
        How many placebo places are drawn, and how.

    Returns
    -------
    Design
        What `difference_in_differences`, `event_study` and the checks take.

    Raises
    ------
    DataError
        If there is one year only, a year without any value, communes of the rings
        without a value, too few communes treated or compared, or a count of 0.
    MeasureError
        If the outcome is no count nor ratio, or weights change in time.
    VintageError
        If columns are of several lists of communes.
    ColumnError, CodeError
        If columns are missing, or codes unknown.

    Examples
    --------
    >>> import basinmap as bm
    >>> plan = bm.design(bm.statistics(), outcome="population")
    >>> plan.years[0], plan.years[-1], plan.descriptive
    (2016, 2023, True)
    >>> plan
    Design('Population municipale', 2016 to 2023, 'Louvre-Lens': 47 communes within
    10 km, 501 from 20 to 40 km)
    """
    check_given(design, locals())
    check_choice(missing, "missing", ("refuse", "drop"))
    check_communes(table)
    counts_of(outcome)
    center = museum(place)
    units = embedded_communes() if communes is None else communes
    check_metric(units, "communes")
    check_table(table, "commune", communes)
    read = outcome_of(table, outcome, years, breaks)
    check_one_geography(
        told_measures(table, outcome, read.years),
        [f"{c}_{y}" for c in counts_of(outcome) for y in read.years],
        table.index,
        listed(communes).year,
    )
    weight, weighed = _weights(table, weights, read.years[0])
    first = Design(
        place=center,
        opened=_opening(center, opened),
        announced=_announced(center, opened, announced),
        bounds=_bounds(distances),
        outcome=_over(read, units.index),
        weights=weight.reindex(units.index).to_numpy(dtype=float),
        weighed=weighed,
        points=spots(units),
        clusters=_clusters(units),
        perimeter=_inside(units, communes),
        left_out={},
        drawn=_check_drawn(places),
        seed=seed,
    )
    whole = _without_gaps(first, missing)
    _check_rings(whole)
    return whole


def _check_drawn(places: int) -> int:
    if not isinstance(places, int | np.integer) or places < FEWEST:
        msg = f"places={places!r}: {FEWEST} at least, or no rank can be under 5 %"
        raise DataError(msg)
    return int(places)


def _opening(place: Place, opened: Day | None) -> dt.date | None:
    if opened is None:
        return place.opened
    return dt.date.fromisoformat(iso_day(opened))


def _announced(
    place: Place, opened: Day | None, announced: Day | int | None
) -> dt.date | None:
    if announced is not None:
        return day_of(announced)
    own = place.code == _MUSEUM and opened is None
    return day_of(EVENTS["l'annonce"]) if own else None


def day_of(day: Day | int) -> dt.date:
    """
    Return a day; of a year alone its last, since it is not known which.

    Parameters
    ----------
    day
        A day, a text, or a year.

    Raises
    ------
    VintageError
        If it is none.

    Examples
    --------
    >>> day_of(2004), day_of("2012-12-12")
    (datetime.date(2004, 12, 31), datetime.date(2012, 12, 12))
    """
    if isinstance(day, int) or (isinstance(day, str) and day.isdigit()):
        if not dt.MINYEAR <= int(day) <= dt.MAXYEAR:
            msg = f"{shown(day)} is no year; write 2012, or '2012-12-12'"
            raise VintageError(msg)
        return dt.date(int(day), 12, 31)
    return dt.date.fromisoformat(iso_day(day))


def _bounds(distances: Sequence[float]) -> tuple[float, float, float, float]:
    given = metres(distances, "distances")
    if len(given) != 3 or not (np.diff([0.0, *given]) > 0).all():
        ends = (
            "; a treated ring and a buffer that end together are one: collinear"
            if len(set(given)) < len(given)
            else ""
        )
        msg = (
            f"distances={tuple(distances)!r}: three increasing metres are needed, "
            "where the treated ring, the buffer and the controls end, such as "
            f"(10_000, 20_000, 40_000){ends}"
        )
        raise DataError(msg)
    if given[-1] < 500 or given[-1] > 300_000:
        msg = f"distances={tuple(distances)!r}: they are metres, up to 300 km"
        raise DataError(msg)
    return (given[0], given[1], given[1], given[2])


def metres(values: object, name: str) -> list[float]:
    """
    Return distances as numbers.

    Parameters
    ----------
    values
        What was given.
    name
        The option.

    Raises
    ------
    DataError
        If they are no list of finite numbers.
    """
    try:
        found = [float(value) for value in values]  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        found = [np.nan]
    if isinstance(values, str) or not np.isfinite(found).all():
        msg = f"{name}={values!r}: write metres, {name}=(10_000, 20_000, 40_000)"
        raise DataError(msg)
    return found


def check_design(design: object) -> None:
    """
    Check that what is asked about is a design.

    Parameters
    ----------
    design
        What was given.

    Raises
    ------
    DataError
        If it is none.
    """
    if not isinstance(design, Design):
        msg = (
            f"a design is needed, not {type(design).__name__}: bm.design(table, "
            "outcome='population')"
        )
        raise DataError(msg)


def _over(read: Outcome, codes: pd.Index) -> Outcome:
    lost = read.frame.index.difference(codes)
    if len(lost):
        msg = (
            f"{len(lost)} code(s) of the table have no outline: {culprits(lost)}; give "
            "communes= the list that they are of"
        )
        raise CodeError(msg)
    states = read.states.reindex(codes)
    return replace(
        read,
        frame=read.frame.reindex(codes),
        states=states.fillna("not_available"),
    )


def _weights(
    table: pd.DataFrame, weights: str | pd.Series, first: int
) -> tuple[pd.Series, str]:
    if isinstance(weights, pd.Series):
        check_unique(weights.index, "weights")
        found, name = as_floats(bare(weights.to_frame("w"))["w"], "weights"), "weights"
    elif isinstance(weights, str):
        column = weights if weights in table.columns else f"{weights}_{first}"
        if column not in table.columns:
            msg = (
                f"weights={weights!r}: no column {column!r}; give another count, or a "
                "Series by commune: weights=bm.communes()['population']"
            )
            raise ColumnError(msg)
        found, name = as_floats(bare(table)[column], column), column
    else:
        kind = type(weights).__name__
        msg = (
            f"weights: one number a commune, constant in time, not a {kind}; weights "
            "that change from year to year would make differences of their own"
        )
        raise MeasureError(msg)
    wrong = found.index[(found < 0) | np.isinf(found)]
    if len(wrong):
        msg = f"weights: negative or infinite at {culprits(wrong)}"
        raise MeasureError(msg)
    return found, name


def _clusters(units: gpd.GeoDataFrame) -> NDArray:
    if "epci" not in units.columns:
        return np.array([], dtype=object)
    return units["epci"].fillna("").to_numpy(dtype=object)


def _inside(
    units: gpd.GeoDataFrame, communes: gpd.GeoDataFrame | None
) -> tuple[NDArray, str]:
    if communes is not None:
        return np.array([], dtype=bool), ""
    basin = perimeter(_BASIN)
    return units.index.isin(list(basin.communes)), "du bassin minier"


def _without_gaps(whole: Design, missing: Missing) -> Design:
    """Leave communes without a value out of all years, or refuse."""
    values = whole.outcome.frame
    gone = values.isna().any(axis=1).to_numpy()
    weightless = ~gone & ~(whole.weights > 0)
    rings = whole.rings
    near = (rings.treated + rings.buffer + rings.control)[0] > 0
    if (gone & near).any() and missing == "refuse":
        raise DataError(_refused(whole, gone & near))
    if (weightless & near).any():
        lost = values.index[weightless & near]
        msg = (
            f"{len(lost)} commune(s) of the rings without a weight, or of weight 0: "
            f"{culprits(lost)}; give weights=, or leave them out of the table with "
            "missing='drop'"
        )
        raise DataError(msg)
    out = gone | weightless
    kept = ~out
    why = {
        str(code): _reason(whole.outcome.states.loc[code]) if lost else "sans poids"
        for code, lost in zip(values.index[out], gone[out], strict=True)
    }
    return replace(
        whole,
        outcome=replace(
            whole.outcome,
            frame=values[kept],
            states=whole.outcome.states[kept],
        ),
        weights=whole.weights[kept],
        points=whole.points[kept],
        clusters=whole.clusters[kept] if len(whole.clusters) else whole.clusters,
        perimeter=(
            whole.perimeter[0][kept] if len(whole.perimeter[0]) else whole.perimeter[0],
            whole.perimeter[1],
        ),
        left_out=why,
    )


def _reason(states: pd.Series) -> str:
    """Say in French why a commune leaves: secrecy goes first."""
    found = set(states)
    if found & {"secret", "lower_bound"}:
        return "secret statistique"
    return "sans objet" if "not_applicable" in found else "non disponible"


def _refused(whole: Design, gone: NDArray) -> str:
    states = whole.outcome.states[gone]
    lost = states.index
    ring = int((gone & (whole.rings.treated[0] > 0)).sum())
    kinds = sorted(set(states.to_numpy().ravel()) - {"", "estimated"})
    years = [int(y) for y in states.columns if (states[y] != "").any()]
    return (
        f"{len(lost)} commune(s) of the rings without a value in some year "
        f"({ring} of them treated): {culprits(lost)}; {culprits(kinds)}, years "
        f"{culprits(years, most=8)}. On what is left the estimate is another one: "
        "leave them out of all years and say so, missing='drop', or leave years out, "
        "years=…"
    )


def _check_rings(found: Design) -> None:
    """Refuse rings that hold too little to be compared."""
    rings = found.rings
    treated, control = int(rings.treated.sum()), int(rings.control.sum())
    least = found.least
    near, _, inner, outer = (bound / 1000 for bound in found.bounds)
    if treated < least[0]:
        msg = (
            f"{treated} commune(s) within {near:g} km of {found.place.name!r}, "
            f"{least[0]} at least are needed: widen the treated ring, distances=(…)"
        )
        raise DataError(msg)
    if control < least[1]:
        msg = (
            f"no control left: {control} commune(s) between {inner:g} and {outer:g} km "
            f"of {found.place.name!r}, {least[1]} at least are needed; the table holds "
            f"{len(found.codes)} communes: give those around too, or other distances"
        )
        raise DataError(msg)


def check_before(found: Design) -> None:
    """
    Refuse a design without a year before the opening.

    Parameters
    ----------
    found
        The design.

    Raises
    ------
    VintageError
        If all years are after, or none is.
    """
    check_design(found)
    opened = found.opened
    if found.descriptive:
        when = f"before {opened:%d/%m/%Y}" if opened else "before: no opening is known"
        msg = (
            f"no year {when} among {culprits(found.years, most=9)}: what changed with "
            "it cannot be told; bm.event_study(design) describes the evolution since "
            f"{found.years[0]}, or give a longer series"
        )
        raise VintageError(msg)
    if not found.after.any():
        msg = (
            f"no year after {opened:%d/%m/%Y} among {culprits(found.years, most=9)}: "
            "give opened= or later years"
        )
        raise VintageError(msg)
