"""The page of who moved in and out of a territory in a year: whence, and where to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from basinmap.deliverables.chapter_pages import Sheet
from basinmap.deliverables.charts import bar_chart
from basinmap.deliverables.subjects import Subject
from basinmap.errors import DataError
from basinmap.export.parts import (
    Cell,
    Column,
    Figure,
    Heading,
    KeyFigure,
    KeyFigures,
    Note,
    Page,
    Paragraph,
    Table,
)
from basinmap.territory.flows import is_abroad, rebase_flows
from basinmap.territory.lists import listed
from basinmap.typography import BROAD, capital, number, percent, typeset
from basinmap.values.told import measures_of, told_of

__all__ = ["Moves", "moves_of", "moves_page"]

_ENDS: Final = ["origin", "destination"]
_COUNT: Final = "movers_"
_FEW: Final = 200
"""Under this a flow of the census is an order of magnitude."""
_ABROAD: Final = "Étranger"
_REST: Final = "Autres communes de France"
_BARS, _ROWS = 10, 12
_BAR_MM: Final = 6.4


@dataclass(frozen=True)
class Moves:
    """
    Who moved in a year, between communes of the list of a document.

    Attributes
    ----------
    people
        By origin and destination.
    year
        Of the census.
    source
        Whence.
    """

    people: pd.Series
    year: str
    source: str


def moves_of(about: Subject, table: pd.DataFrame) -> Moves:
    """
    Return the moves of a file of the census, at the list of communes of a document.

    Parameters
    ----------
    about
        What is observed.
    table
        What `read_source` returned of the file of residential moves.

    Raises
    ------
    DataError
        If it holds no movers between communes, or one of the territory is missing.
    """
    names = [c for c in table if str(c).startswith(_COUNT) and "_state" not in str(c)]
    if not set(_ENDS) <= set(table.columns) or not names:
        msg = (
            "moves: no movers between communes; read Insee's file of residential "
            "moves, bm.read_source('base-flux-mobilite-residentielle-2021.csv')"
        )
        raise DataError(msg)
    name = max(map(str, names))
    known = measures_of(table).get(name)
    geography = str(told_of(table).geography or "")[:4]
    year = listed(about.listing).year
    if geography.isdigit() and int(geography) != year:
        table, _ = rebase_flows(
            table,
            origin="origin",
            destination="destination",
            values=name,
            from_year=int(geography),
            to_year=year,
        )
    line = pd.Series(
        table[name].to_numpy(dtype=float),
        pd.MultiIndex.from_frame(table[_ENDS].astype("str")),
    )
    mine = pd.Index(about.codes)
    ends = [line.index.get_level_values(end).isin(mine) for end in _ENDS]
    line = line[ends[0] | ends[1]]
    if line.isna().any() or line.empty:
        what = f"{int(line.isna().sum())} of {len(line)} are missing"
        msg = f"moves from or to {about.area.name}: {what}; give the file whole"
        raise DataError(msg)
    source = known.source if known is not None else ""
    return Moves(line, name.removeprefix(_COUNT), source)


def moves_page(about: Subject, moves: Moves, running: str) -> Page:
    """
    Return the page of the moves: balance, whence, where to, with whom.

    Parameters
    ----------
    about
        What is observed.
    moves
        What `moves_of` returned.
    running
        What the head of the page says.
    """
    mine = pd.Index(about.codes)
    origin, destination = (moves.people.index.get_level_values(e) for e in _ENDS)
    came = moves.people[destination.isin(mine) & ~origin.isin(mine)]
    left = moves.people[origin.isin(mine) & ~destination.isin(mine)]
    within = moves.people[
        origin.isin(mine) & destination.isin(mine) & (origin != destination)
    ]
    arrived, gone = (
        _by_partner(about, came, "origin"),
        _by_partner(about, left, "destination"),
    )
    sheet = Sheet([("title", Heading("Arrivées et départs"))])
    text = "D’où viennent ceux qui s’installent, où vont ceux qui partent ?"
    sheet.put("lead", Paragraph(typeset(text), role="lead", key="migrations.lead"))
    sheet.put("tiles", _tiles(arrived, gone, float(within.sum()), moves.year))
    sheet.put("table", _table(arrived, gone, moves))
    told = _said(about, arrived, gone, moves.year)
    sheet.put("reading", Note("reading", "À retenir", told, key="migrations.retenir"))
    lines = (
        "Personnes d’un an ou plus qui habitaient ailleurs un an avant le recensement. "
        "Un flux de moins de 200 personnes est un ordre de grandeur : en gris et en "
        "italique.",
        "Ceux qui partent à l’étranger ne sont pas recensés : le solde est celui des "
        "échanges avec le reste de la France.",
    )
    sheet.put("note", Note("method", "Lecture", tuple(map(typeset, lines))))
    room = sheet.room_mm(lines=3)
    for slot, line, caption in (
        ("left", arrived, "Arrivées, selon la résidence un an avant"),
        ("right", gone, "Départs, selon la résidence actuelle"),
    ):
        sheet.put(slot, _bars(line, slot, typeset(f"{caption}, {moves.year}"), room))
    return sheet.page("migrations", running)


def _by_partner(about: Subject, line: pd.Series, end: str) -> pd.Series:
    """Return people by EPCI of the département, or farther, the most first."""
    codes = pd.Series(line.index.get_level_values(end).astype(str), line.index)
    epci = about.ground["epci"]
    names = about.epcis["name"].astype(str)
    partner = codes.map(epci).map(names)
    # An EPCI that the territory is a part of is still another place.
    partner = partner.where(partner.notna(), _REST)
    partner = partner.mask(is_abroad(codes), _ABROAD)
    return line.groupby(partner.to_numpy()).sum().sort_values(ascending=False)


def _france(line: pd.Series) -> float:
    return float(line.drop(_ABROAD, errors="ignore").sum())


def _people(value: float) -> Cell:
    state = "fragile" if 0 < value < _FEW else "value" if value else "zero"
    return Cell(number(value), state, float(value))  # type: ignore[arg-type] # one of those


def _signed(value: float) -> Cell:
    text = number(abs(value))
    sign = "+" if round(value) > 0 else "−" if round(value) < 0 else ""
    return Cell(f"{sign}{text}", value=float(value))


def _tiles(arrived: pd.Series, gone: pd.Series, within: float, year: str) -> KeyFigures:
    came, left = _france(arrived), _france(gone)
    return KeyFigures(
        (
            KeyFigure("Arrivées", _people(came), f"de France, {year}"),
            KeyFigure("Départs", _people(left), "vers la France"),
            KeyFigure("Solde", _signed(round(came) - round(left)), "avec la France"),
            KeyFigure(
                "Venus de l’étranger", _people(float(arrived.get(_ABROAD, 0.0))), ""
            ),
            KeyFigure("D’une commune à l’autre", _people(within), "dans le territoire"),
        )
    )


def _bars(line: pd.Series, side: str, caption: str, room: float) -> Figure | None:
    most = max(4, min(_BARS, int((room - 12) / _BAR_MM)))
    shown = line.iloc[:most]
    if shown.empty:
        return None
    return bar_chart(
        f"migrations-{side}",
        shown.set_axis([typeset(str(name)) for name in shown.index]),
        caption=caption,
        source="",
        unit="personnes",
        size_mm=(
            88.0 if side == "left" else 89.0,
            max(40.0, min(room, 12 + 8.0 * len(shown))),
        ),
    )


def _table(arrived: pd.Series, gone: pd.Series, moves: Moves) -> Table:
    both = pd.DataFrame({"in": arrived, "out": gone}).fillna(0.0)
    order = (both["in"] + both["out"]).sort_values(ascending=False, kind="stable")
    rows = []
    for name in order.index[:_ROWS]:
        came, left = float(both.loc[name, "in"]), float(both.loc[name, "out"])
        away = name == _ABROAD
        rows.append(
            (
                Cell(typeset(str(name))),
                _people(came),
                Cell("n.d.", "not-available") if away else _people(left),
                Cell("n.d.", "not-available")
                if away
                else _signed(round(came) - round(left)),
            )
        )
    columns = (
        Column("Territoire", "left", 2.6),
        Column("Arrivées"),
        Column("Départs"),
        Column("Solde"),
    )
    caption = f"Échanges en un an, {moves.year} : les {len(rows)} plus nombreux"
    return Table(columns, tuple(rows), typeset(caption), source=typeset(moves.source))


def _said(
    about: Subject, arrived: pd.Series, gone: pd.Series, year: str
) -> tuple[str, ...]:
    came, left = round(_france(arrived)), round(_france(gone))
    gap = came - left
    end = (
        "autant que de départs"
        if gap == 0
        else f"{number(abs(gap))} de {'plus' if gap > 0 else 'moins'} que de départs"
    )
    told = [
        f"{about.name.at}, le recensement de{BROAD}{year} compte {number(came)} "
        f"arrivées en un an depuis le reste de la France, soit {end}."
    ]
    for line, what in ((arrived, "arrivées"), (gone, "départs")):
        near = line.drop([_ABROAD, _REST], errors="ignore").round()
        whole = _france(line)
        if whole > 0 and len(near) and (near == near.max()).sum() == 1:
            top = near.idxmax()
            share = percent(100 * near[top] / whole, 0)
            told.append(
                f"Première {'origine' if what == 'arrivées' else 'destination'} : "
                f"{top}, {number(near[top])} personnes ({share} des {what})."
            )
    return tuple(typeset(capital(text)) for text in told)
