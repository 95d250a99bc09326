"""Communes in time: which codes exist in a year, and what happened to them."""

from __future__ import annotations

import datetime as dt
import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, culprits
from basinmap.territory import embedded
from basinmap.territory.levels import check_codes
from basinmap.territory.timelines import (
    FIRST,
    LAST,
    Ground,
    Timeline,
    check_year,
    spans,
    timeline,
)
from basinmap.typography import long_date, typeset

__all__ = [
    "a_few",
    "cog_codes",
    "cog_events",
    "cog_names",
    "commune_history",
    "guess_vintage",
    "listed",
    "names_on",
    "proposed",
    "weighed",
]


def cog_codes(year: int, *, events: pd.DataFrame | None = None) -> pd.Index:
    """
    Return the codes of the communes that exist on 1 January of a year.

    Parameters
    ----------
    year
        Year of the Code officiel géographique, from 1943 to 2026 for Nord and
        Pas-de-Calais.
    events
        Another history than the embedded one, such as `read_movements` returns.
        Without its list of communes, only those that an event touches are known.

    Returns
    -------
    Index
        Named `commune`, in order.

    Raises
    ------
    VintageError
        If the year is out of range.

    Examples
    --------
    >>> import basinmap as bm
    >>> [len(bm.cog_codes(year)) for year in (1968, 2015, 2024, 2026)]
    [1569, 1545, 1538, 1534]
    >>> bm.cog_codes(2024).difference(bm.cog_codes(2026)).tolist()
    ['59070', '62461', '62549', '62743']
    """
    check_given(cog_codes, locals())
    line = timeline(events)
    check_year(year, line)
    found = sorted(line.grounds(year).keys() - line.outside)
    return pd.Index(found, name="commune", dtype="str")


def cog_names(year: int) -> pd.Series:
    """
    Return the names of the communes of Nord and Pas-de-Calais in a year.

    Parameters
    ----------
    year
        Year of the Code officiel géographique, from 1943 to 2026.

    Returns
    -------
    Series
        Index `commune`, named `name`.

    Raises
    ------
    VintageError
        If the year is out of range.

    Examples
    --------
    >>> import basinmap as bm
    >>> [bm.cog_names(year).loc["59006"] for year in (2024, 2025)]
    ['Amfroipret', "L'Orée de Mormal"]
    """
    check_given(cog_names, locals())
    check_year(year, timeline(None))
    day = f"{year}-01-01"
    spells = embedded.table("cog")
    there = (spells["valid_from"] <= day) & ~(spells["valid_to"] <= day)
    return spells[there].set_index("code")["name"].rename_axis("commune").sort_index()


def cog_events() -> pd.DataFrame:
    """
    Return what happened to the communes of Nord and Pas-de-Calais since 1943.

    Returns
    -------
    DataFrame
        One row per elementary change, in order of date: `date`, `date_exact`
        (false where only the first list that shows it is known), `kind`,
        `before`, `before_name`, `after`, `after_name`, `source`. The rows of one
        date apply together: every `before` goes, every `after` comes, so that
        A + B → A is written A → A and B → A. Three creations have no `before`.

    Examples
    --------
    >>> import basinmap as bm
    >>> events = bm.cog_events()
    >>> events.loc[events["date"] == "2025-01-01", ["before", "after"]].values.tolist()
    [['59006', '59006'], ['59070', '59006'], ['62447', '62447'], ['62461', '62447'], \
['62549', '62447'], ['62743', '62447']]
    """
    return embedded.table("history").copy()


def commune_history(code: str, *, events: pd.DataFrame | None = None) -> pd.DataFrame:
    """
    Tell what happened to a commune and to the ground it ever held.

    Parameters
    ----------
    code
        Code of a commune, of today or of once.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        One row per event, in order of date: `date`, `kind`, `before` and `after`
        (tuples of codes), `before_names`, `after_names`, `sentence` (French).

    Raises
    ------
    CodeError
        If no commune ever bore that code; near misses are suggested.

    Examples
    --------
    >>> import basinmap as bm
    >>> told = bm.commune_history("62847")
    >>> told["date"].tolist()
    ['1990-12-10', '1994-01-01', '1997-11-20', '2008-01-01']
    >>> print(told.loc[3, "sentence"].replace(chr(160), " "))
    Le 1er janvier 2008, Verquigneul (62847) est rétablie et quitte Béthune (62119).
    """
    check_given(commune_history, locals())
    line = timeline(events)
    check_codes([code], "commune")
    held = Ground().union(*(s.ground for s in line.spells if s.code == code))
    if not held:
        _refuse_code(code, line)
    touched = [not held.isdisjoint(ground) for ground in line.moved]
    rows = line.events
    groups = rows["group"][touched].unique()
    told = [_told(rows[rows["group"] == group]) for group in groups]
    columns = ["date", "kind", "before", "after"]
    columns += ["before_names", "after_names", "sentence"]
    return pd.DataFrame(told, columns=columns)


def guess_vintage(
    codes: Iterable[str], *, events: pd.DataFrame | None = None
) -> pd.DataFrame:
    """
    Weigh the years that a list of commune codes may date from.

    Nothing is chosen: what cannot be told apart is marked `best` alike.

    Parameters
    ----------
    codes
        Codes of a table; repetitions do not matter.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        One row per run of years with the same codes, best first, then latest:
        `first` and `last` year, `present` (codes of that year), `absent` (codes
        that do not exist that year), `missing` (communes of that year that the
        list lacks), `missing_kin` (those of them whose history meets that of a
        code of the list: they alone argue against a year, for a list may well
        stop at the border of an EPCI), `absent_codes`, `missing_codes` (the kin),
        `against` and `best` (the least of it). A list may leave a commune out,
        hardly invent one: `against` is three times `absent`, plus `missing_kin`.

    Raises
    ------
    CodeError
        If the list is empty, a code is malformed, or none was ever a commune.

    Examples
    --------
    >>> import basinmap as bm
    >>> found = bm.guess_vintage(bm.cog_codes(2021))
    >>> found.loc[0, ["first", "last", "present", "absent", "missing"]].tolist()
    [2019, 2024, 1538, 0, 0]
    >>> found[["first", "last", "absent", "missing_kin", "best"]].head(2)
       first  last  absent  missing_kin   best
    0   2019  2024       0            0   True
    1   2017  2018       0            1  False
    """
    check_given(guess_vintage, locals())
    return weighed(codes, timeline(events))


def names_on(line: Timeline, year: int) -> dict[str, str]:
    """
    Return what is known of the names of communes in a year.

    Parameters
    ----------
    line
        The history.
    year
        Year of the list.
    """
    if year not in line.names:
        line.names[year] = _names_on(line, year)
    return line.names[year]


def _names_on(line: Timeline, year: int) -> dict[str, str]:
    cog = embedded.table("cog")
    names = dict(zip(cog["code"].tolist(), cog["name"].tolist(), strict=True))
    if FIRST <= year <= LAST:
        there = cog_names(year)
        names |= dict(zip(there.index.tolist(), there.tolist(), strict=True))
    earlier = line.events[line.events["date"] <= f"{year}-01-01"]
    later = line.events[line.events["date"] > f"{year}-01-01"][::-1]
    for rows, side in ((later, "before"), (earlier, "after")):
        told = rows.dropna(subset=[side, f"{side}_name"])
        names |= dict(zip(told[side], told[f"{side}_name"], strict=True))
    return names


# --- the year of a list ------------------------------------------------------------


def weighed(codes: Iterable[str], line: Timeline) -> pd.DataFrame:
    """
    Weigh the years of a history, as `guess_vintage` does.

    Parameters
    ----------
    codes
        Codes of a table.
    line
        The history.
    """
    given = set(check_codes(codes, "commune"))
    if not given:
        msg = "no code to date: give the codes of a table, such as table.index"
        raise CodeError(msg)
    if given.isdisjoint(line.ever - line.outside):
        msg = (
            f"none of the {len(given)} code(s) was ever a commune of this history: "
            f"{culprits(sorted(given))}; pass events=bm.read_movements(…), of their "
            "départements"
        )
        raise CodeError(msg)
    kin = _kin(given, line)
    rows = []
    for first, last, there in _runs(line):
        absent, missing = given - there, there - given
        argues = missing & kin
        rows.append(
            {
                "first": first,
                "last": last,
                "present": len(given & there),
                "absent": len(absent),
                "missing": len(missing),
                "missing_kin": len(argues),
                "absent_codes": tuple(sorted(absent)),
                "missing_codes": tuple(sorted(argues)),
            }
        )
    found = pd.DataFrame(rows)
    found["against"] = 3 * found["absent"] + found["missing_kin"]
    found = found.sort_values(["against", "last"], ascending=[True, False])
    found["best"] = found["against"] == found["against"].min()
    return found.reset_index(drop=True)


def proposed(found: pd.DataFrame) -> str:
    """
    Write the years that a list of codes looks like.

    Parameters
    ----------
    found
        As `guess_vintage` returns.
    """
    best = found[found["best"]].sort_values("first")
    runs = list(zip(best["first"], best["last"], strict=True))
    absent = found["absent"].iloc[0]
    if absent:
        return (
            f"no single year has them all, {spans([runs[-1]])[0]} comes closest "
            f"({absent} absent): are two lists mixed? See bm.guess_vintage"
        )
    years = ", ".join(spans(runs)[:4])
    return f"the list looks like that of {years}: write that year instead"


def _runs(line: Timeline) -> Iterator[tuple[int, int, set[str]]]:
    """Yield the runs of years whose lists of codes are the same."""
    first, there = line.first, set[str]()
    for year in range(line.first, line.last + 1):
        codes = line.grounds(year).keys() - line.outside
        if there and codes != there:
            yield first, year - 1, there
            first = year
        there = set(codes)
    yield first, line.last, there


def _kin(given: set[str], line: Timeline) -> set[str]:
    """Return the codes that ever shared ground with one of these."""
    held: dict[str, set[str]] = defaultdict(set)
    for spell in line.spells:
        for atom in spell.ground:
            held[atom].add(spell.code)
    return {code for codes in held.values() if codes & given for code in codes}


# --- sentences ---------------------------------------------------------------------


def listed(items: Iterable[str]) -> str:
    """
    Write a French enumeration.

    Parameters
    ----------
    items
        What is enumerated.

    Examples
    --------
    >>> listed(["62461", "62549", "62743"])
    '62461, 62549 et 62743'
    """
    found = list(items)
    return " et ".join(filter(None, [", ".join(found[:-1]), *found[-1:]]))


def a_few(told: Sequence[str]) -> str:
    """
    Write the first five of a list, and how many more there are.

    Parameters
    ----------
    told
        What is listed, already written.

    Examples
    --------
    >>> a_few(["59070", "62461"])
    '59070, 62461'
    """
    more = f" and {len(told) - 5} more" if len(told) > 5 else ""
    return ", ".join(told[:5]) + more


def _refuse_code(code: str, line: Timeline) -> None:
    names = names_on(line, line.last)
    near = difflib.get_close_matches(code, sorted(line.ever), n=4, cutoff=0.6)
    hint = "; ".join(f"{item} ({names[item]})" for item in near if item in names)
    advice = f"did you mean {hint}?" if hint else "an example is '62119'"
    msg = f"no commune ever bore the code {code!r} in this history: {advice}"
    raise CodeError(msg)


def _told(rows: pd.DataFrame) -> tuple[object, ...]:
    """Return one event as a row of a trajectory."""
    first = rows.iloc[0]
    befores, afters = _named(rows, "before"), _named(rows, "after")
    when = long_date(dt.date.fromisoformat(first["date"]))
    start = f"Le {when}" if first["date_exact"] else f"Au plus tard le {when}"
    kind = _kind(rows)
    sentence = typeset(f"{start}, {_deed(kind, befores, afters)}.")
    codes = tuple(befores), tuple(afters)
    names = tuple(befores.values()), tuple(afters.values())
    return first["date"], kind, *codes, *names, sentence


def _kind(rows: pd.DataFrame) -> str:
    kinds = [str(kind) for kind in rows["kind"].dropna()]
    return next((k for k in kinds if k != "changement de nom"), [*kinds, "autre"][0])


def _named(rows: pd.DataFrame, side: str) -> dict[str, str]:
    told = rows.dropna(subset=[side])
    names = told[f"{side}_name"].fillna("")
    return dict(sorted(zip(told[side], names, strict=True)))


def _deed(kind: str, befores: dict[str, str], afters: dict[str, str]) -> str:
    """Write what happened, in French, without its date."""
    chief, title = next(iter(afters.items()))
    gone = {code: name for code, name in befores.items() if code not in afters}
    new = {code: name for code, name in afters.items() if code not in befores}
    old, made = _called(befores), _called(afters)
    match kind:
        case "changement de nom":
            deed = f"{old} devient {title}"
        case "fusion" | "fusion-association" if chief in befores and gone:
            how = " (fusion-association)" if kind == "fusion-association" else ""
            host = _called({chief: befores[chief]})
            verb = "rejoint" if len(gone) == 1 else "rejoignent"
            deed = f"{_called(gone)} {verb} {host}{how}{_renamed(befores, afters)}"
        case "commune nouvelle":
            deed = f"{old} forment la commune nouvelle {made}"
        case "retablissement" if new and befores:
            many = len(new) > 1
            verb = "sont rétablies et quittent" if many else "est rétablie et quitte"
            deed = f"{_called(new)} {verb} {old}{_renamed(befores, afters)}"
        case "changement de departement":
            deed = f"{old} change de département et prend le code {chief}"
        case "creation" if not befores:
            deed = f"{made} est créée, aux dépens de communes que la source ne dit pas"
        case _:
            deed = f"{kind} : {old or 'sans origine dite'} → {made}"
    return deed


def _called(communes: dict[str, str]) -> str:
    return listed(
        f"{name} ({code})" if name else code for code, name in communes.items()
    )


def _renamed(befores: dict[str, str], afters: dict[str, str]) -> str:
    """Write the new name of a commune that goes on under its code."""
    return "".join(
        f" ; {befores[code]} devient {name}"
        for code, name in afters.items()
        if code in befores and name != befores[code]
    )
