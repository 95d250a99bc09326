"""Reading the communes and their events as Insee publishes them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pandas as pd

from basinmap.arguments import check_given, texts_of
from basinmap.errors import CodeError, DataError, culprits
from basinmap.territory.levels import check_codes
from basinmap.territory.local import local_file
from basinmap.territory.timelines import timeline
from basinmap.values.told import tell

__all__ = ["read_communes", "read_movements"]

_KINDS: Final = {
    "10": "changement de nom",
    "20": "creation",
    "21": "retablissement",
    "30": "suppression",
    "31": "fusion",
    "32": "commune nouvelle",
    "33": "fusion-association",
    "41": "changement de departement",
    "50": "changement de chef-lieu",
}
_MOVEMENT: Final = (
    "MOD",
    "DATE_EFF",
    "TYPECOM_AV",
    "COM_AV",
    "LIBELLE_AV",
    "TYPECOM_AP",
    "COM_AP",
    "LIBELLE_AP",
)
_COMMUNE: Final = ("TYPECOM", "COM", "REG", "DEP", "ARR", "LIBELLE")


def read_communes(path: str | Path) -> pd.DataFrame:
    r"""
    Read the list of communes that Insee publishes each year, `v_commune_AAAA.csv`.

    Parameters
    ----------
    path
        The file: commas, UTF-8, with the columns TYPECOM, COM, REG, DEP, ARR and
        LIBELLE.

    Returns
    -------
    DataFrame
        Index `commune`; `name`, `departement`, `region`, `arrondissement`. Only
        communes: those associées and déléguées and the arrondissements of Paris,
        Lyon and Marseille are left out. `attrs["year"]` is read in the file name.

    Raises
    ------
    DataError
        If the file is not such a list.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "v_commune_2026.csv"
    >>> _ = path.write_text(
    ...     "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
    ...     "COM,62498,32,62,62D,627,0,LENS,Lens,Lens,6299,\n"
    ... )
    >>> bm.read_communes(path).loc["62498", "name"]
    'Lens'
    """
    check_given(read_communes, locals())
    rows = _read_csv(path, _COMMUNE)
    rows = rows[rows["TYPECOM"] == "COM"]
    if rows.empty:
        msg = f"{path}: no row has TYPECOM = COM; is this v_commune_AAAA.csv?"
        raise DataError(msg)
    short = rows.index[rows["LIBELLE"] == ""]
    if len(short):
        msg = (
            f"{path}: {len(short)} line(s) are cut short, without LIBELLE, the first "
            f"at line {short[0] + 2}: fetch it again"
        )
        raise DataError(msg)
    named = {
        "COM": "commune",
        "LIBELLE": "name",
        "DEP": "departement",
        "REG": "region",
        "ARR": "arrondissement",
    }
    table = rows[list(named)].rename(columns=named).set_index("commune").sort_index()
    check_codes(table.index, "commune")
    again = table.index[table.index.duplicated()].unique()
    if len(again):
        msg = f"{path}: {len(again)} commune(s) stand more than once: {culprits(again)}"
        raise DataError(msg)
    return tell(table, year=_year_of(path))


def read_movements(
    path: str | Path,
    *,
    communes: pd.DataFrame | None = None,
    departements: Iterable[str] | None = None,
) -> pd.DataFrame:
    r"""
    Read the events of communes that Insee publishes, `v_mvt_commune_AAAA.csv`.

    Parameters
    ----------
    path
        The file: commas, UTF-8, with the columns MOD, DATE_EFF, TYPECOM_AV, COM_AV,
        LIBELLE_AV, TYPECOM_AP, COM_AP and LIBELLE_AP at least.
    communes
        The list of the same year, from `read_communes`: the communes that no event
        touches are then known too.
    departements
        Keep only the events of these départements, such as `("59", "62", "80")`.

    Returns
    -------
    DataFrame
        As `cog_events` returns, to be given as `events=` to the functions that take
        it. `attrs["communes"]` holds the codes of the list, `attrs["year"]` the
        year read in the file name.

    Raises
    ------
    DataError
        If the file is not such a list of events, or holds impossible ones.

    Notes
    -----
    Only what turns a commune (COM) into a commune counts; an association that
    becomes a full merger, or the end of a commune déléguée, changes no list. MOD:
    10 changement de nom, 20 création, 21 rétablissement, 30 suppression, 31 fusion
    simple, 32 création de commune nouvelle, 33 fusion-association, 34
    transformation de fusion-association en fusion simple, 35 suppression de commune
    déléguée, 41 changement de code dû à un changement de département, 50 changement
    de code dû à un transfert de chef-lieu, 70 transformation de commune associée en
    commune déléguée (Insee, liste de modalités du COG 2023); 71 and 72, seen in
    later files, concern communes déléguées. A commune that is re-established
    without a row that says from which is taken from the one that had absorbed it.
    A new code (41, 50) that is absorbed on the same day is left out: the former
    code is what is absorbed.

    Examples
    --------
    >>> import basinmap as bm
    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> path = Path(mkdtemp()) / "v_mvt_commune_2026.csv"
    >>> head = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
    >>> head += "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
    >>> row = "10,2018-11-08,COM,59004,1,AIX,Aix,Aix,COM,59004,1,AIX,Aix,Aix-en-Pévèle"
    >>> _ = path.write_text(head + row, encoding="utf-8")
    >>> bm.read_movements(path)[["date", "kind", "after_name"]].values.tolist()
    [['2018-11-08', 'changement de nom', 'Aix-en-Pévèle']]
    """
    check_given(read_movements, locals())
    rows = _read_csv(path, _MOVEMENT).drop_duplicates()
    rows = rows.sort_values(["DATE_EFF", "COM_AP", "COM_AV"], kind="stable")
    rows = _without_relays(rows)
    kept = rows[(rows["TYPECOM_AV"] == "COM") & (rows["TYPECOM_AP"] == "COM")]
    events = _as_events(kept, Path(path).name)
    events = _with_parents(events, rows)
    if departements is not None:
        wanted = tuple(texts_of(departements, "departements", "['59', '62']"))
        codes = events[["before", "after"]].fillna("")
        near = codes.apply(lambda side: side.str.startswith(wanted)).any(axis=1)
        events = events[near].reset_index(drop=True)
    if events.empty:
        msg = f"{path}: no event turns a commune into a commune; is this the file?"
        raise DataError(msg)
    listed = {} if communes is None else {"communes": _listed(communes)}
    tell(events, year=_year_of(path), **listed)
    timeline(events)
    return events


def _listed(communes: pd.DataFrame) -> tuple[str, ...]:
    """Return the codes of a list of communes."""
    codes = communes.index
    if isinstance(codes, pd.MultiIndex) or not all(isinstance(c, str) for c in codes):
        msg = "communes: its index is no list of codes; give what read_communes returns"
        raise CodeError(msg)
    return tuple(codes)


def _read_csv(path: str | Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a file of Insee as text, or say what it lacks."""
    file = local_file(path, f"{path}: cannot be read")
    try:
        rows = pd.read_csv(
            file, dtype="str", keep_default_na=False, encoding="utf-8-sig"
        )
    except (
        OSError,
        UnicodeDecodeError,
        pd.errors.ParserError,
        pd.errors.EmptyDataError,
    ) as e:
        msg = f"{path}: cannot be read as a comma-separated UTF-8 file ({e})"
        raise DataError(msg) from e
    rows.columns = rows.columns.str.strip().str.upper()
    missing = [name for name in columns if name not in rows.columns]
    if missing:
        msg = (
            f"{path}: {len(missing)} column(s) missing: {culprits(missing, most=9)}; "
            f"found {culprits(rows.columns, most=9)}: take the CSV of Insee"
        )
        raise DataError(msg)
    return rows[list(columns)]


def _year_of(path: str | Path) -> int | None:
    years = re.findall(r"(?<!\d)((?:19|20)\d{2})(?!\d)", Path(path).stem)
    return int(years[-1]) if years else None


def _as_events(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Write the rows of Insee as events; drop those that change nothing."""
    kinds = rows["MOD"].map(_KINDS)
    same = rows["COM_AV"] == rows["COM_AP"]
    renamed = rows["LIBELLE_AV"] != rows["LIBELLE_AP"]
    kinds = kinds.mask(kinds.isna() & same & renamed, "changement de nom")
    kinds = kinds.mask(kinds.isna() & ~same, "autre")
    events = pd.DataFrame(
        {
            "date": rows["DATE_EFF"],
            "date_exact": True,
            "kind": kinds,
            "before": rows["COM_AV"],
            "before_name": rows["LIBELLE_AV"],
            "after": rows["COM_AP"],
            "after_name": rows["LIBELLE_AP"],
            "source": source,
        }
    )
    events = events[kinds.notna()]
    events = events.drop_duplicates(["date", "before", "after"])
    return events.reset_index(drop=True)


def _without_relays(rows: pd.DataFrame) -> pd.DataFrame:
    """Replace a code that lives less than a day by the one that it replaces."""
    communes = (rows["TYPECOM_AV"] == "COM") & (rows["TYPECOM_AP"] == "COM")
    changes = rows["COM_AV"] != rows["COM_AP"]
    recodes = rows["MOD"].isin(["41", "50"])
    starts = rows["DATE_EFF"] + " " + rows["COM_AV"]
    ends = rows["DATE_EFF"] + " " + rows["COM_AP"]
    named = ["COM_AV", "LIBELLE_AV"]
    relays = recodes & changes & communes
    former = rows.loc[relays, named].set_axis(ends[relays])
    later = starts.isin(former.index) & communes & ~recodes
    passed = set(starts[later & changes])
    later &= starts.isin(passed)
    rows = rows.copy()
    former = former[~former.index.duplicated(keep="last")]
    rows.loc[later, named] = former.loc[starts[later]].to_numpy()
    return rows[~(recodes & ends.isin(passed))]


def _with_parents(events: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Add the commune that is left to those re-established without saying which."""
    told = set(zip(events["date"], events["after"], strict=True))
    alone = rows[
        (rows["MOD"] == "21")
        & rows["TYPECOM_AV"].isin(["COMA", "COMD"])
        & (rows["TYPECOM_AP"] == "COM")
    ]
    more = []
    for row in alone.itertuples():
        if (row.DATE_EFF, row.COM_AP) in told:
            continue
        earlier = events[
            (events["date"] < row.DATE_EFF) & (events["before"] == row.COM_AP)
        ]
        parent = earlier["after"].iloc[-1] if len(earlier) else None
        new = {"date": row.DATE_EFF, "date_exact": True, "kind": "retablissement"}
        new |= {"after": row.COM_AP, "after_name": row.LIBELLE_AP, "before": parent}
        more.append(new)
        if parent is not None and (row.DATE_EFF, parent) not in told:
            more.append(new | {"after": parent, "after_name": None})
            told.add((row.DATE_EFF, parent))
    if not more:
        return events
    added = pd.DataFrame(more, columns=events.columns)
    found = pd.concat([events, added.astype(events.dtypes.to_dict())])
    return found.sort_values(["date", "after", "before"], ignore_index=True)
