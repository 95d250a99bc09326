"""Signed leases counted for the rule of 25 %, each judged by the EPCI it is in."""

from __future__ import annotations

from typing import Final

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, DataError, MeasureError, culprits
from basinmap.measures import Stock, as_floats, check_columns, check_counts, missing
from basinmap.territory.levels import check_codes
from basinmap.territory.memberships import membership
from basinmap.values.told import tell

__all__ = ["count_leases"]

_FLAGS: Final = ("in_qpv", "rehoused")
_COUNTS: Final = {
    "leases_outside_qpv": "Baux signés hors quartier prioritaire",
    "leases_outside_qpv_q1": (
        "Baux signés hors quartier prioritaire par le premier quartile et les ménages "
        "relogés"
    ),
    "leases_in_qpv": "Baux signés en quartier prioritaire",
    "leases_in_qpv_q2to4": (
        "Baux signés en quartier prioritaire par les quartiles 2 à 4"
    ),
}


def count_leases(
    leases: pd.DataFrame,
    thresholds: pd.Series,
    *,
    year: int,
    date: str | None = None,
    source: str = "",
) -> pd.DataFrame:
    """
    Count signed leases by commune, each judged by the threshold of its own EPCI.

    The first quartile of the applicants is set by EPCI and by year, by order: a lease
    is of the first quartile by the threshold of the EPCI of its commune. Counts add up
    over EPCI, thresholds do not.

    Parameters
    ----------
    leases
        One row a lease signed in the year: `commune`; `income`, of the household, a
        year and a consumption unit, in euros; `in_qpv`, in a priority quarter;
        `rehoused`, by an urban renewal. A column `in_former_zus` where there are old
        ZUS, which the rule of 25 % leaves out too.
    thresholds
        Threshold of the first quartile by EPCI, that of the year, in euros: an income
        that is not above it is of the first quartile.
    year
        Of the leases.
    date
        Day at which the EPCI of the communes are read, by default 1 January of the
        year.
    source
        Credit line.

    Returns
    -------
    DataFrame
        By commune, the counts of the indicators S11 and S12.

    Raises
    ------
    ColumnError
        If a column is missing.
    CodeError
        If codes are no communes.
    DataError
        If there is no lease, an income is missing, or an EPCI has no threshold.
    MeasureError
        If a flag is no truth value, or an income or a threshold no number.

    Examples
    --------
    >>> import pandas as pd
    >>> import basinmap as bm
    >>> leases = pd.DataFrame(
    ...     {
    ...         "commune": ["62498", "62498", "59178", "59178"],
    ...         "income": [8_000.0, 9_000.0, 8_800.0, 20_000.0],
    ...         "in_qpv": False,
    ...         "rehoused": [False, False, False, True],
    ...     }
    ... )
    >>> q1 = pd.Series({"246200364": 8_500.0, "200044618": 9_000.0})
    >>> counts = bm.count_leases(leases, q1, year=2024)
    >>> counts["leases_outside_qpv_q1_2024"].to_dict()
    {'59178': 2, '62498': 1}
    """
    check_given(count_leases, locals())
    check_columns(leases, "commune", "income", *_FLAGS)
    if leases.empty:
        msg = "empty selection: there is no lease"
        raise DataError(msg)
    check_codes(leases["commune"], "commune")
    flags = {name: _flag(leases, name) for name in _FLAGS}
    zus = _flag(leases, "in_former_zus") if "in_former_zus" in leases else False
    income = as_floats(leases["income"], "income")
    gone = leases.index[missing(leases["income"])]
    if len(gone):
        msg = (
            f"'income': {len(gone)} lease(s) without income, rows {culprits(gone)}; "
            "the quartile of these cannot be told: leave them out, and say how many"
        )
        raise DataError(msg)
    limit = _limits(leases["commune"], thresholds, date or f"{year}-01-01")
    first = income <= limit
    outside = ~(flags["in_qpv"] | zus)
    marks = pd.DataFrame(
        {
            "leases_outside_qpv": outside,
            "leases_outside_qpv_q1": outside & (first | flags["rehoused"]),
            "leases_in_qpv": flags["in_qpv"],
            "leases_in_qpv_q2to4": flags["in_qpv"] & ~first,
        }
    )
    counts = marks.groupby(leases["commune"].to_numpy()).sum().rename_axis("commune")
    counts.columns = [f"{name}_{year}" for name in counts.columns]
    measures = {
        f"{name}_{year}": Stock(
            label=label, unit="baux", vintage=str(year), source=source
        )
        for name, label in _COUNTS.items()
    }
    return tell(counts, measures=measures)


def _flag(leases: pd.DataFrame, name: str) -> pd.Series:
    values = leases[name]
    if values.isna().any() or not pd.api.types.is_bool_dtype(values.dtype):
        odd = values[[not isinstance(value, bool) for value in values]]
        msg = (
            f"{name!r}: {len(odd)} value(s) are neither True nor False: "
            f"{culprits(odd.unique())}; write leases[{name!r}] == 'oui'"
        )
        raise MeasureError(msg)
    return values.astype(bool)


def _limits(communes: pd.Series, thresholds: pd.Series, date: str) -> pd.Series:
    """Return the threshold of the EPCI of each lease."""
    check_codes(thresholds.index, "epci")
    limits = as_floats(thresholds, "thresholds")
    check_counts(limits, "thresholds")
    epcis = membership("epci", date=date).dropna()
    lost = communes[~communes.isin(epcis.index)].unique()
    if len(lost):
        msg = f"{len(lost)} commune(s) of no known EPCI at {date}: {culprits(lost)}"
        raise CodeError(msg)
    own = communes.map(epcis)
    without = sorted(set(own) - set(limits.dropna().index))
    if without:
        msg = (
            f"{len(without)} EPCI without a threshold: {culprits(without)}; the first "
            "quartile is set by EPCI, one cannot stand for another: add them to "
            "thresholds"
        )
        raise DataError(msg)
    return own.map(limits)
