"""PLH: the plates, data and tables of the diagnostic of an EPCI."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from tqdm import tqdm

from basinmap.access.networks import PRINTED, Mode, Network
from basinmap.access.streets import read_network
from basinmap.catalogue.computing import compute
from basinmap.catalogue.listing import indicators
from basinmap.deliverables.plates import (
    Plate,
    rate_plate,
    situation_plate,
    stock_plate,
)
from basinmap.deliverables.reach_plates import (
    REACH_PLATES,
    count_inside,
    counted_note,
    counting_rule,
    cut_note,
)
from basinmap.deliverables.subjects import (
    PAST,
    SERVED,
    Subject,
    both,
    iris_dwellings,
    subject,
    territory_names,
)
from basinmap.errors import OutlineWarning
from basinmap.export.geopackages import write_geopackage
from basinmap.export.manifests import write_manifest
from basinmap.export.workbooks import write_workbook
from basinmap.maps.paper.alternatives import alternative_text
from basinmap.maps.paper.precision import VISIBLE_MM
from basinmap.spatial.projections import METRIC
from basinmap.staging import staged_folder
from basinmap.territory.aggregation import aggregate
from basinmap.territory.embedded import credit, outlines_known, provenance
from basinmap.territory.outlines import Outlines, read_outlines
from basinmap.territory.places import places
from basinmap.territory.units import communes
from basinmap.typography import capital, number, shortest
from basinmap.values.columns import table_of
from basinmap.values.told import (
    bare,
    fact_of,
    measures_of,
    retell,
    tell,
    told_of,
)

__all__ = ["PLATES", "plh"]

FORMATS: Final = ("pdf", "svg", "png")

PLATES: Final = (
    Plate("01-situation", situation_plate),
    Plate(
        "02-vacance",
        partial(
            rate_plate,
            indicator_id="L04",
            reading="{where}, {value} % des logements sont vacants en 2021",
            with_rings=True,
        ),
    ),
    Plate(
        "03-evolution-population",
        partial(
            rate_plate,
            indicator_id="D02",
            reading="{where}, la population a varié de {value} % par an en moyenne "
            "entre 2016 et 2023",
            pivot=0,
            k=6,
        ),
    ),
    Plate(
        "04-densite",
        partial(
            rate_plate,
            indicator_id="D05",
            reading="{where}, on compte {value} habitants par km² en 2023",
            method="quantile",
        ),
    ),
    Plate(
        "05-logements-vacance",
        partial(
            stock_plate,
            stock="L01",
            rate="L04",
            title="Logements et taux de vacance en 2021",
            reading="{where}, {value} % des logements sont vacants en 2021",
        ),
    ),
    Plate(
        "06-maisons",
        partial(
            rate_plate,
            indicator_id="L05",
            reading="{where}, {value} % des logements sont des maisons en 2021",
        ),
    ),
)
"""The plates of the document, in order."""


def plh(  # noqa: PLR0913 - what a document may be made from
    epci: str,
    *,
    out: str | Path,
    author: str = "basinmap",
    date: dt.date | None = None,
    network: Network | str | Path | None = None,
    mode: Mode = "car",
    outlines: Outlines | None = None,
    iris: str | Path | None = None,
    quiet: bool = False,
) -> Path:
    """
    Write the plates, data and tables of the PLH diagnostic of an EPCI.

    Parameters
    ----------
    epci
        SIREN, or unambiguous short name, of one of the 36 EPCI of Nord and
        Pas-de-Calais.
    out
        Folder of the outputs. They are made beside it and moved there at the
        end; an interruption leaves what was there.
    author
        Who signs the maps.
    date
        Date of making, today by default.
    network
        Streets around the museum, or a file that `read_network` reads; it adds the
        plates of reach.
    mode
        `"walk"`, `"bike"` or `"car"`, for a file.
    outlines
        Outlines of communes to draw on instead of the embedded ones, which are
        generalised: see `read_outlines`. Units that they do not hold whole stay on
        the embedded ones.
    iris
        File of the outlines of IRIS, that `read_units` reads: people around the
        museum are then counted by their dwellings rather than by surface.
    quiet
        Whether the progress on stderr is off; it is anyway when stderr is no
        terminal.

    Returns
    -------
    Path
        The folder: each plate as PDF, SVG and PNG at 300 dpi, `donnees.gpkg`,
        `tableaux.xlsx`, `methode.md`, `manifest.json` (hashes, title and alternative
        text of each plate).

    Raises
    ------
    CodeError
        If the EPCI is unknown.
    DataError
        If the network or the outlines cannot be read, the museum is outside of the
        network, no town hall is on it, or the outlines do not hold the communes of the
        EPCI: said before anything is drawn.
    OutputError
        If the folder cannot be written.
    """
    day = date or dt.date.today()  # noqa: DTZ011 - the maker's day
    ground = None if outlines is None else read_outlines(outlines)
    about = subject(epci, author=author, date=day, outlines=ground)
    if isinstance(network, str | Path):
        network = read_network(network, mode=mode, crs=METRIC, quiet=quiet)
    homes = None if iris is None else iris_dwellings(iris)
    about = replace(about, network=network, iris=homes)
    about.check_network()
    told = {}
    with staged_folder(out) as folder, warnings.catch_warnings():
        # The foot of the plates and the method note say it.
        warnings.simplefilter("ignore", OutlineWarning)
        steps = _steps(about, folder)
        bar = tqdm(steps, disable=True if quiet else None, unit="fichier", leave=False)
        for name, write in bar:
            bar.set_description(name)
            told[name] = write()
        plates = {plate.slug: told[plate.slug] for plate in _declared(about)}
        write_manifest(folder, {**_about(about), "plates": plates})
    return Path(out)


def _declared(about: Subject) -> tuple[Plate, ...]:
    return (*PLATES, *(REACH_PLATES if about.network else ()))


def _steps(about: Subject, folder: Path) -> list[tuple[str, Callable[[], Any]]]:
    """Return what has to be written, in order, for the progress bar."""
    plates = [
        (plate.slug, partial(_save, plate, about, folder)) for plate in _declared(about)
    ]
    return [
        *plates,
        ("donnees.gpkg", partial(_write_data, about, folder)),
        ("tableaux.xlsx", partial(_write_tables, about, folder)),
        ("methode.md", partial(_write_method, about, folder)),
    ]


def _save(plate: Plate, about: Subject, folder: Path) -> dict[str, str]:
    """Save a plate, and return what the manifest says of it."""
    sheet = plate.draw(about)
    for suffix in FORMATS:
        sheet.savefig(folder / f"{plate.slug}.{suffix}")
    return {"title": sheet.about["Title"], "alternative": alternative_text(sheet)}


def _indicators(table: pd.DataFrame, to: str | pd.Series | None) -> pd.DataFrame:
    """Return every indicator of the catalogue at one level, each with its states."""
    return table_of(
        {
            i: compute(i, table, to=to, allow_partial=True)
            for i in indicators(status="embedded").index
        }
    )


def _with_counts(about: Subject, level: str, codes: list[str]) -> pd.DataFrame:
    """Return counts and rates of units of a level, each with its states."""
    table, to = about.everything, None if level == "commune" else level
    counts = table
    if to is not None:
        known = measures_of(table)
        counts, _ = aggregate(table, to, measures=known, allow_partial=True)
    kinds = indicators(status="embedded")["kind"]
    rates = table_of(
        {
            i: compute(i, table, to=to, allow_partial=True)
            for i in kinds.index[kinds != "stock"]
        }
    )
    return bare(counts).join(bare(rates)).loc[codes].rename_axis(level)


_FIGURES: Final = ["population", "population_state", "area_km2", "area_km2_state"]
"""Figures of the outlines, which the statistics give again."""


def _write_data(about: Subject, folder: Path) -> None:
    mine = about.communes.drop(columns=_FIGURES, errors="ignore")
    units = _with_counts(about, "commune", list(mine.index))
    everyone = about.epcis.drop(columns=_FIGURES, errors="ignore")
    groups = _with_counts(about, "epci", list(everyone.index))
    layers = {
        "communes": (mine.join(units), f"Communes – {about.name}"),
        "epci": (everyone.join(groups), "EPCI du Nord et du Pas-de-Calais"),
        "anneaux": (
            about.rings.join(_people_of(about, about.rings)),
            f"Distances au Louvre-Lens, à vol d'oiseau ({_counted(about)})",
        ),
        **_layers_of_times(about),
        "lieux": (places(), "Lieux"),
    }
    for frame, title in layers.values():
        retell(frame, title=title)
    write_geopackage(
        folder / "donnees.gpkg",
        {name: frame for name, (frame, _) in layers.items()},
        tables={"dictionnaire": _dictionary(about)},
        date=about.date,
    )


def _counted(about: Subject) -> str:
    """Say in a title how communes are counted."""
    what = {"area": "de leur surface", "dwellings": "de leurs logements par IRIS"}
    return (
        "communes du Nord et du Pas-de-Calais, comptées au prorata "
        f"{what[counting_rule(about)]}"
    )


def _people_of(about: Subject, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what is counted in rings or isochrones, as the plates count it."""
    inside = about.everyone.drop(columns=_FIGURES, errors="ignore")
    inside = retell(
        inside.join(about.everything), measures=measures_of(about.everything)
    )
    sums = ["population_2023", "dwellings_2021"]
    table = count_inside(about, areas, inside, sums)
    table[sums] = table[sums].round()
    return table


def _layers_of_times(about: Subject) -> dict[str, tuple[gpd.GeoDataFrame, str]]:
    """Return what a network adds to the data."""
    if about.network is None:
        return {}
    mode = PRINTED[about.network.mode]
    areas = about.isochrones
    return {
        "isochrones": (
            areas.join(_people_of(about, areas)),
            f"Temps de parcours {mode} jusqu'au Louvre-Lens ({_counted(about)})",
        ),
        "temps_de_parcours": (
            about.departures.rename_axis("commune"),
            f"Minutes {mode} de la mairie au Louvre-Lens",
        ),
    }


def _sheets_of_times(about: Subject) -> dict[str, pd.DataFrame]:
    """Return what a network adds to the tables."""
    sheets = {}
    for name, (frame, title) in _layers_of_times(about).items():
        table = pd.DataFrame(frame.drop(columns=["geometry", "rule"], errors="ignore"))
        rule = capital(told_of(frame).rule or told_of(about.isochrones).rule)
        credit = "Sources : voir la feuille « Sources »."
        sheets[name.replace("_", " ").capitalize()] = tell(
            table,
            title=title,
            note=" ".join(filter(None, [f"{rule}.", cut_note(about), credit])),
            labels={**_labels(about), **_LABELS_OF_TIMES},
            decimals={"minutes": 1} | dict.fromkeys(_WHOLE, 0),
        )
    return sheets


_WHOLE: Final = ("population_2023", "dwellings_2021", "off_street", "inner", "outer")
_LABELS_OF_TIMES: Final = {
    "isochrone": "Aire (minutes)",
    "inner": "De (minutes)",
    "outer": "À moins de (minutes)",
    "label": "Libellé",
    "units": "Communes comptées",
    "minutes": "Temps de parcours (minutes)",
    "off_street": "Marche hors des rues (m)",
    "absence": "Sans valeur",
    "population_2023_state": "Statut de la population",
    "dwellings_2021_state": "Statut des logements",
}


def _dictionary(about: Subject) -> pd.DataFrame:
    """Return the meaning of each column: label, unit, vintage, source."""
    measures = measures_of(about.everything)
    rows = {
        name: (measure.label, measure.unit, measure.vintage, measure.source)
        for name, measure in measures.items()
    }
    for id_, kind in indicators(status="embedded")["kind"].items():
        if kind != "stock":
            told = told_of(compute(str(id_), about.statistics))
            credit_ = " ; ".join(told.sources)
            rows[str(id_)] = (told.title, told.unit, told.vintage, credit_)
    columns = ["libelle", "unite", "millesime", "source"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    return table.rename_axis("colonne")


def _labels(about: Subject) -> dict[str, str]:
    """Return the French headers of the workbook."""
    fixed = {
        "commune": "Code commune",
        "territoire": "Code",
        "name": "Nom",
        "epci": "EPCI",
        "scot": "SCoT",
        "niveau": "Niveau",
    }
    for name, row in _dictionary(about).iterrows():
        label, unit, year = row["libelle"], row["unite"], row["millesime"]
        dated = label if year in label or "-" in year else f"{label} {year}"
        fixed[str(name)] = f"{dated.strip()} ({unit})" if unit else dated.strip()
    for id_ in indicators(status="embedded").index:
        if id_ not in fixed:  # the sheet of comparison names a stock by its id
            told = told_of(compute(id_, about.statistics))
            fixed[id_] = f"{told.title} ({told.unit})"
    return fixed


def _dressed(
    about: Subject, table: pd.DataFrame, title: str, note: str
) -> pd.DataFrame:
    known = indicators(status="embedded")["decimals"].to_dict()
    measures = measures_of(about.everything)
    decimals = dict.fromkeys(measures, 0) | {"area_km2": 2} | known
    return tell(table, title=title, note=note, labels=_labels(about), decimals=decimals)


def _write_tables(about: Subject, folder: Path) -> None:
    credit = "Sources : voir la feuille « Sources »."
    units = _with_counts(about, "commune", list(about.communes.index))
    units.insert(0, "name", about.communes["name"])
    sheets = {
        "Communes": _dressed(about, units, f"Communes – {about.name}", credit),
        "Comparaison": _dressed(
            about,
            _comparison(about),
            f"Comparaison – {about.name}",
            "Taux calculés sur les sommes des effectifs communaux, jamais par "
            f"moyenne des taux. {credit}",
        ),
        **_sheets_of_times(about),
        "Sources": _sources(about),
    }
    write_workbook(
        folder / "tableaux.xlsx",
        sheets,
        title=f"PLH – {about.name}",
        author=about.author,
        date=about.date,
    )


_LEVELS = {
    "epci": "EPCI",
    "scot": "SCoT",
    "bassin": "Bassin minier",
    "departement": "Département",
}


def _comparison(about: Subject) -> pd.DataFrame:
    """Return every indicator for the EPCI and for those it is compared with."""
    table = about.everything
    eight = sorted(communes().dropna(subset="scot")["epci"].unique())
    parts = []
    for level, label in _LEVELS.items():
        rates = _indicators(table, level)
        names = territory_names(level)
        codes = list(rates.index)
        if level == "epci":
            codes = [about.code, *(code for code in eight if code != about.code)]
        rates = rates.loc[codes]
        rates.insert(0, "niveau", label)
        rates.insert(1, "name", [names[code] for code in codes])
        parts.append(rates)
    whole = _indicators(table, both())
    whole.insert(0, "niveau", "Deux départements")
    whole.insert(1, "name", whole.index)
    whole.index = pd.Index(["59-62"])
    return pd.concat([*parts, whole]).rename_axis("territoire")


def _sources(about: Subject) -> pd.DataFrame:
    """Return the data sets that the document is made from, one a row."""
    rows = {
        key: (
            item["title"],
            item["credit"],
            item["vintage"],
            item["geography"],
            item["licence"],
        )
        for key, item in provenance()["datasets"].items()
    }
    if about.outlines is not None:
        told = " ; ".join(told_of(about.outlines).sources)
        where = "COG au 1er janvier 2026"
        rows["contours-fournis"] = ("Contours des communes", told, "", where, "")
        if about.on_one_ground:
            del rows[provenance()["columns"]["geometry"]]
    columns = ["titre", "source", "millesime", "geographie", "licence"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    labels = {
        "jeu": "Jeu de données",
        "titre": "Titre",
        "source": "Source",
        "millesime": "Millésime",
        "geographie": "Géographie",
        "licence": "Licence",
    }
    return tell(table.rename_axis("jeu"), title="Sources", labels=labels)


_DRAWN = ("geometry", "name", "epci", "scot", "places.geometry")


def _write_method(about: Subject, folder: Path) -> None:
    """Write the note that goes with the document: how, from what, with what gaps."""
    rates = _indicators(about.statistics, None)
    gone = {
        i: rates.index[rates[i].isna()] for i in indicators(status="embedded").index
    }
    missing = [
        f"- {id_} : {len(codes)} sans valeur ({', '.join(sorted(codes)[:5])})"
        for id_, codes in gone.items()
        if len(codes)
    ]
    lines = [
        f"# Note de méthode – {about.name}",
        "",
        f"Réalisation : {about.author}, {about.date:%d/%m/%Y}.",
        "",
        f"- Périmètre : {len(about.communes)} communes au 1er janvier 2026 "
        f"(SIREN {about.code}).",
        "- Tous les taux sont calculés sur les sommes des effectifs du niveau "
        "présenté, jamais par moyenne des taux communaux.",
        "- Évolution 2016-2023 à périmètre constant : les communes du 1er janvier "
        "2026 aux deux dates ; les populations des communes fusionnées sont "
        "additionnées.",
        "- Logements : recensement 2021, sommes d'effectifs par IRIS arrondis à "
        "l'unité ; les composantes peuvent différer du total de quelques unités.",
        *_method_of_outlines(about),
        "- Classes : bornes [a ; b[, arrondies ; effectifs en légende.",
        "- Distances au musée : à vol d'oiseau, mesurées sur l'ellipsoïde.",
        *_method_of_times(about),
        *(
            [
                f"- Hors champ : commune{'s' * (len(about.outside) > 1)} "
                f"{', '.join(about.outside)}."
            ]
            * bool(about.outside)
        ),
        "",
        "## Valeurs manquantes",
        "",
        *(missing or ["Aucune."]),
        "",
        "## Sources",
        "",
        *(f"- {line}." for line in _credits(about)),
        "",
    ]
    (folder / "methode.md").write_text("\n".join(lines), encoding="utf-8")


def _method_of_outlines(about: Subject) -> list[str]:
    """Say whose outlines and surfaces the document is on, and how good they are."""
    known = outlines_known()
    given = about.outlines
    if given is None:
        error, high = number(known["error_m"]), number(known["error_p95_m"])
        lines = [
            f"- Contours généralisés : {error} m d'écart médian avec des contours plus "
            f"fins, moins de {high} m pour 95 % des communes. Le pied des planches où "
            f"cela se voit (plus de {shortest(VISIBLE_MM)} mm sur le papier) le dit."
        ]
    else:
        error = fact_of(given, "outline_error")
        told = (
            "" if error is None else f" ; écart avec le terrain : {shortest(error)} m"
        )
        lines = [f"- Contours : {' ; '.join(told_of(given).sources)}{told}."]
        if not about.on_one_ground:
            lines.append(
                "- Contours des territoires qu'ils ne contiennent pas en entier : "
                f"{known['credit']}."
            )
    return [*lines, *(f"- Densité. {note}." for note in _notes_of_density(about))]


def _notes_of_density(about: Subject) -> tuple[str, ...]:
    return told_of(compute("D05", about.statistics)).notes


def _method_of_times(about: Subject) -> list[str]:
    """Say how times to the museum were measured, when they were."""
    if about.network is None:
        return []
    told = [str(told_of(about.isochrones).rule), *about.network.notes]
    sentences = " ".join(f"{capital(text.rstrip('.'))}." for text in told)
    return [
        f"- {counted_note(about)}",
        f"- Temps jusqu'au musée : {sentences} {about.network.report.text}",
        *([f"- {cut_note(about)}"] if about.cut is not None else []),
        *(
            f"- Communes {why.replace('desservie', 'desservies')} "
            f"({len(codes)}) : {', '.join(codes)}."
            for why, codes in _absences(about).items()
        ),
    ]


def _absences(about: Subject) -> dict[str, list[str]]:
    """Return the communes that have no time, by reason."""
    table = about.departures
    return {
        why: [f"{name} ({code})" for code, name in table["name"][rows].items()]
        for why in (SERVED, PAST)
        if (rows := table["absence"] == why).any()
    }


def _credits(about: Subject) -> list[str]:
    network = [about.network.source] if about.network and about.network.source else []
    names = [*about.everything.columns, *_DRAWN]
    given = () if about.outlines is None else told_of(about.outlines).sources
    if about.outlines is not None and about.on_one_ground:
        names = [name for name in names if name not in ("area_km2", "geometry")]
    return [*dict.fromkeys([*given, *credit(*names)]), *network]


def _about(about: Subject) -> dict[str, object]:
    return {
        "title": f"PLH – {about.name}",
        "epci": about.code,
        "communes": len(about.communes),
        "author": about.author,
        "date": about.date.isoformat(),
        "network": repr(about.network) if about.network else None,
        "outlines": None if about.outlines is None else told_of(about.outlines).sources,
        "reach": _about_reach(about),
        "sources": {
            key: {k: item[k] for k in ("credit", "vintage", "geography", "licence")}
            for key, item in provenance()["datasets"].items()
        },
    }


def _about_reach(about: Subject) -> dict[str, object] | None:
    """Return what the manifest says of times to the museum."""
    if about.network is None:
        return None
    absence = about.departures["absence"]
    return {
        "mode": about.network.mode,
        "rule": told_of(about.isochrones).rule,
        "minutes": [int(bound) for bound in about.isochrones["outer"]],
        "cut": about.cut,
        "counting": counting_rule(about),
        "not_served": absence.index[absence == SERVED].tolist(),
        "past_the_cut": absence.index[absence == PAST].tolist(),
    }
