"""Where the communes of one list lie in another, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from basinmap.arguments import check_given
from basinmap.errors import CodeError, MeasureError, VintageError, culprits
from basinmap.measures import state_column
from basinmap.states import shared_out as part_worth
from basinmap.territory import embedded
from basinmap.territory.former import fates
from basinmap.territory.history import a_few, listed, names_on, proposed, weighed
from basinmap.territory.levels import check_codes, check_unique
from basinmap.territory.timelines import LAST, Timeline, check_year, timeline
from basinmap.typography import number, percent

__all__ = [
    "Moves",
    "check_years",
    "deeds",
    "estimated_parts",
    "followed",
    "passage",
    "shared_out",
]

_SEVERAL: Final = 6


def passage(
    from_year: int,
    to_year: int,
    *,
    key: pd.Series | None = None,
    events: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Return where the communes of a year lie in the list of another year.

    The ground of each commune is followed through every event between the two
    years: a commune that joined and left again in between is left whole.

    Parameters
    ----------
    from_year, to_year
        Years of the Code officiel géographique (1 January), in either order.
    key
        Weight of each commune of `to_year`, to share out those that are divided.
        By default the embedded legal population of the nearest year, or that of
        2021 in the communes of 2024.
    events
        Another history than the embedded one.

    Returns
    -------
    DataFrame
        `before`, `after` (missing where the ground was in no commune), `share` of
        `before` that goes to `after`, `estimated` where that share comes from the
        key. Where communes merge or only change name, shares are 1 and exact.

    Raises
    ------
    VintageError
        If a year is out of range.
    MeasureError
        If communes are divided and the key does not weigh their parts.

    Examples
    --------
    >>> import basinmap as bm
    >>> table = bm.passage(2024, 2026)
    >>> table[table["after"] == "62447"].values.tolist()
    [['62447', '62447', 1.0, False], ['62461', '62447', 1.0, False], \
['62549', '62447', 1.0, False], ['62743', '62447', 1.0, False]]
    >>> back = bm.passage(2026, 2024)
    >>> back[back["before"] == "59006"]
      before  after     share  estimated
    5  59006  59006  0.371048       True
    6  59006  59070  0.628952       True
    """
    check_given(passage, locals())
    return followed(timeline(events), from_year, to_year, key=key).table


@dataclass(frozen=True, slots=True)
class Moves:
    """
    Where communes go, and what is to be said of it.

    Attributes
    ----------
    table
        As `passage` returns.
    from_year, to_year
        Years of the two lists.
    names
        Names of communes, by code, in each of the two years.
    keys
        Titles of the keys that share communes out.
    partial
        Communes of `to_year` whose ground is partly out of what is moved, and where
        the rest of it was; `""` for ground of unknown origin.
    beyond
        Communes of `to_year` whose ground was in no commune of the territory.
    source
        Credit of the history, where it is the embedded one.
    """

    table: pd.DataFrame
    from_year: int
    to_year: int
    names: tuple[dict[str, str], dict[str, str]]
    keys: tuple[str, ...]
    partial: dict[str, tuple[str, ...]]
    beyond: dict[str, tuple[str, ...]]
    source: str

    @property
    def split(self) -> tuple[str, ...]:
        """Return the codes that are shared out."""
        return tuple(self.table.loc[self.table["estimated"], "before"].unique())

    @property
    def lost(self) -> tuple[str, ...]:
        """Return the codes that go nowhere."""
        return tuple(self.table.loc[self.table["after"].isna(), "before"])

    def called(self, code: str, side: int) -> str:
        """
        Write a code with its name in the year before (0) or after (1).

        Parameters
        ----------
        code
            Code of a commune, or `""` for ground of unknown origin.
        side
            Which of the two years.
        """
        name = self.names[side].get(code)
        return f"{name} ({code})" if name else code or "un sol d'origine inconnue"


def followed(
    line: Timeline,
    from_year: int,
    to_year: int,
    *,
    key: pd.Series | None = None,
    codes: pd.Index | None = None,
) -> Moves:
    """
    Follow the ground of these codes, or of all, from one year to another.

    Parameters
    ----------
    line
        The history.
    from_year, to_year
        Years of the Code officiel géographique, in either order.
    key
        What communes that are divided are shared out by, as for `passage`.
    codes
        Codes of `from_year`; one that no known event touches stays as it is.
    """
    check_year(from_year, line)
    check_year(to_year, line)
    old, new = line.grounds(from_year), line.grounds(to_year)
    holder = {atom: code for code, ground in new.items() for atom in ground}
    source = {atom: code for code, ground in old.items() for atom in ground}
    # As lists: codes of pandas are read twenty times as slowly one by one.
    moved = sorted(old if codes is None else codes.tolist())
    keys = [] if key is None else [_checked_key(key)]
    used: list[str] = []
    rows: list[tuple[str, str | None, float, bool]] = []
    for code in moved:
        heirs = sorted({holder[atom] for atom in old.get(code, ()) if atom in holder})
        if len(heirs) > 1:
            keys = keys or _embedded_keys(line, to_year)
            title, shares = _shares(keys, code, heirs, (from_year, to_year))
            used.append(title)
            rows += [(code, *part, True) for part in zip(heirs, shares, strict=True)]
        else:
            stays = code if code not in old else None
            rows.append((code, heirs[0] if heirs else stays, 1.0, False))
    table = pd.DataFrame(rows, columns=["before", "after", "share", "estimated"])
    table = table.astype({"before": "str", "after": "str"})
    origins = {
        code: {source.get(atom, "") for atom in ground}
        for code, ground in sorted(new.items())
    }
    reached, there = set(table["after"].dropna().tolist()), set(moved)
    # Only of a whole list can it be said that no row would have filled them.
    whole = (old.keys() - line.outside) <= there
    credit = embedded.credit("cog.code") if line is timeline(None) else ()
    return Moves(
        table=table,
        from_year=from_year,
        to_year=to_year,
        names=(names_on(line, from_year), names_on(line, to_year)),
        keys=tuple(dict.fromkeys(used)),
        partial={
            code: tuple(sorted(whence - there))
            for code, whence in origins.items()
            if code in reached and whence - there
        },
        beyond={
            code: tuple(sorted(whence))
            for code, whence in origins.items()
            if whole and whence.isdisjoint(there)
        },
        source=" ; ".join(credit),
    )


def _embedded_keys(line: Timeline, year: int) -> list[tuple[str, pd.Series]]:
    """Return the embedded populations of communes with the same ground."""
    own, grounds = timeline(None), line.grounds(year)
    nearest = min(max(year, 2016), 2023)
    population = embedded.table("population")[f"population_{nearest}"]
    iris = embedded.table("iris").groupby("commune_2024")["population_2021"].sum()
    found = []
    for told, series, title in (
        (LAST, population, f"population municipale {nearest} (Insee)"),
        (2024, iris, "population municipale 2021 (Insee)"),
    ):
        same = own.grounds(told)
        kept = [code for code in series.index if same.get(code) == grounds.get(code)]
        found.append((title, series.loc[kept].astype("float64")))
    return found


def _checked_key(key: pd.Series) -> tuple[str, pd.Series]:
    if not isinstance(key, pd.Series):
        msg = f"a key is a Series from code to weight, not a {type(key).__name__}"
        raise MeasureError(msg)
    check_unique(key.index, "key")
    check_codes(key.index, "commune")
    weights = key.dropna().astype("float64")
    wrong = weights.index[~np.isfinite(weights) | (weights < 0)]
    if len(wrong):
        msg = f"key: {len(wrong)} weight(s) below 0 or infinite: {culprits(wrong)}"
        raise MeasureError(msg)
    return str(key.name or "clé fournie"), weights


def _shares(
    keys: list[tuple[str, pd.Series]],
    code: str,
    heirs: list[str],
    years: tuple[int, int],
) -> tuple[str, list[float]]:
    """Return the first key that weighs all heirs and their shares, or ask for one."""
    for title, series in keys:
        parts = series.reindex(heirs)
        if parts.notna().all() and parts.sum() > 0:
            return title, (parts / parts.sum()).tolist()
    example = ", ".join(f"{heir!r}: …" for heir in heirs[:4])
    msg = (
        f"{code!r} ({years[0]}) is divided between {culprits(heirs)} in {years[1]}, "
        "and nothing says how: no weight above 0 for all of them; pass "
        f"key=pd.Series({{{example}}}), such as their populations"
    )
    raise MeasureError(msg)


# --- checks ------------------------------------------------------------------------


def check_years(codes: pd.Index, year: int, line: Timeline) -> None:
    """
    Check that codes are communes of a year, or propose the year they look like.

    Parameters
    ----------
    codes
        Codes of a table.
    year
        Year of the Code officiel géographique.
    line
        The history.

    Raises
    ------
    VintageError
        If some are communes of other years.
    CodeError
        If some never were communes.
    """
    check_year(year, line)
    absent = sorted(set(codes.tolist()) - line.grounds(year).keys())
    ever = line.ever
    never = [code for code in absent if code not in ever]
    if never and line.complete:
        # What no list ever held is a mistake inside the territory, alien outside.
        heads = {code[:2] for code in ever - line.outside}
        inside = [code for code in never if code[:2] in heads]
        told = [f"{culprits(inside)}: correct them"] if inside else []
        if away := [code for code in never if code[:2] not in heads]:
            told.append(
                f"{culprits(away)}: drop them, or pass events=bm.read_movements(…)"
            )
        msg = (
            f"{len(never)} code(s) were never communes of this history: "
            f"{'; '.join(told)}"
        )
        raise CodeError(msg)
    dated = [code for code in absent if code in ever]
    if dated:
        names = names_on(line, year)
        told = [_once(c, names.get(c, ""), year, line) for c in dated]
        msg = (
            f"{len(dated)} code(s) are no commune on 1 January {year}: {a_few(told)}; "
            f"{proposed(weighed(codes, line))}"
        )
        raise VintageError(msg)


def _once(code: str, name: str, year: int, line: Timeline) -> str:
    """Write the years of a code, and what became of it if that is before a year."""
    said = f"{name}, {line.years(code)}"
    fate = fates().get(code) if line is timeline(None) else None
    if fate and fate.last_year < year:
        after = str(fate).removeprefix(f"{code!r} ")
        return f"{code!r} ({said}; {after})"
    return f"{code!r} ({said})"


# --- sharing out, and its account --------------------------------------------------


def shared_out(stocks: pd.DataFrame, moves: pd.DataFrame) -> pd.DataFrame:
    """
    Return the part of stocks that each move takes, with what is to be said of it.

    Parameters
    ----------
    stocks
        One row a unit, with the state of each stock.
    moves
        `before`, the unit that is left, `share` of it that moves, and whether that
        is `estimated`.
    """
    found = stocks.loc[moves["before"]].copy()
    share, estimated = (moves[name].to_numpy() for name in ("share", "estimated"))
    for name in stocks.columns:
        if state_column(name) in stocks.columns:
            worth = found[state_column(name)].to_numpy()
            found[state_column(name)] = part_worth(worth, estimated, found[name] == 0)
            found[name] *= share
    return found


def estimated_parts(
    stocks: pd.DataFrame, columns: list[str], unsure: np.ndarray
) -> dict[str, float]:
    """
    Return the share of each total that rests on an estimate.

    Parameters
    ----------
    stocks
        One row a move.
    columns
        The stocks that are wanted.
    unsure
        Moves that are estimated.
    """
    sizes = stocks[columns].abs()
    whole = sizes.sum()
    shares = (sizes[unsure].sum() / whole).where(whole > 0, 0.0)
    return {name: float(shares[name]) for name in columns}


def deeds(moves: Moves, *, gaps: bool = True) -> list[str]:
    """
    Write in French what happened to the communes, and to those not there.

    Parameters
    ----------
    moves
        Where communes go.
    gaps
        Whether to say which communes lack a part, or all, of their ground.
    """
    table = moves.table.dropna(subset=["after"])
    whole = table[~table["estimated"]]
    shared = whole["after"].duplicated(keep=False)
    shared |= whole["after"].isin(list(moves.partial))
    merged = whole[shared].groupby("after")["before"].agg(list)
    single = whole[~shared]
    recoded = single[single["before"] != single["after"]]
    same = single.loc[single["before"] == single["after"], "before"]
    named = sum(moves.names[0].get(c) != moves.names[1].get(c) for c in same.tolist())
    by = listed(f"« {title} »" for title in moves.keys)
    lines = [
        _several(
            "Communes fusionnées, dont les effectifs sont sommés",
            [
                f"{listed(moves.called(c, 0) for c in b)} dans {moves.called(a, 1)}"
                for a, b in merged.items()
            ],
        ),
        _several(
            "Changements de code",
            [
                f"{moves.called(b, 0)} devient {a}"
                for b, a in zip(recoded["before"], recoded["after"], strict=True)
            ],
        ),
        _several(
            f"Communes réparties par estimation, selon la clé {by}",
            [_parted(moves, code) for code in moves.split],
        ),
        *(_gaps(moves) if gaps else ()),
        f"Communes au territoire et au code inchangés : {number(len(same))}"
        + (f", dont {number(named)} sous un autre nom." if named else "."),
        f"Source : {moves.source}." if moves.source else "",
    ]
    return list(filter(None, lines))


def _gaps(moves: Moves) -> list[str]:
    """Write in French which communes lack a part, or all, of their ground."""
    partial, beyond = (
        [
            f"{moves.called(heir, 1)}, {how} {listed(moves.called(c, 0) for c in gone)}"
            for heir, gone in lacking.items()
        ]
        for lacking, how in ((moves.partial, "sans"), (moves.beyond, "alors"))
    )
    return [
        _several("Communes dont le tableau ne couvre qu'une partie", partial),
        _several(f"Communes de {moves.to_year} sans donnée", beyond),
    ]


def _parted(moves: Moves, code: str) -> str:
    rows = moves.table[moves.table["before"] == code]
    parts = [
        f"{moves.called(heir, 1)} {percent(100 * share)}"
        for heir, share in zip(rows["after"], rows["share"], strict=True)
    ]
    return f"{moves.called(code, 0)} entre {listed(parts)}"


def _several(title: str, told: list[str]) -> str:
    """Write a list after its title, cut short when it is long."""
    if not told:
        return ""
    more = (
        f" ; et {number(len(told) - _SEVERAL)} autres" if len(told) > _SEVERAL else ""
    )
    return f"{title} ({number(len(told))}) : {' ; '.join(told[:_SEVERAL])}{more}."
