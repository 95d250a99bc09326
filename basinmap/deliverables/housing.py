"""PLH: the plates, data and tables of the diagnostic of an EPCI."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from basinmap.access.networks import PRINTED, Mode, Network
from basinmap.access.streets import read_network
from basinmap.arguments import check_given
from basinmap.catalogue.computing import compute
from basinmap.catalogue.listing import indicators
from basinmap.deliverables.cautions import CAUTION, with_cautions
from basinmap.deliverables.choices import Classes
from basinmap.deliverables.housing_documents import plh_document
from basinmap.deliverables.move_pages import moves_of
from basinmap.deliverables.museum import PAST, SERVED, iris_dwellings
from basinmap.deliverables.own_plates import OwnPlate
from basinmap.deliverables.plates import (
    Plate,
    Words,
    grouped_rates,
    rate_plate,
    rate_words,
    situation_plate,
    stock_plate,
    stock_words,
)
from basinmap.deliverables.programme_pages import Balance, sectors_of
from basinmap.deliverables.publishing import checked_formats, completed, write_formats
from basinmap.deliverables.qgis_projects import write_qgis_project
from basinmap.deliverables.reach_plates import (
    REACH_PLATES,
    count_inside,
    counted_note,
    counting_rule,
    cut_note,
)
from basinmap.deliverables.records import record_of
from basinmap.deliverables.subjects import (
    FARTHEST,
    Subject,
    both,
    subject,
    territory_names,
)
from basinmap.deliverables.texts import check_texts
from basinmap.deliverables.web_values import PAGE, write_page_of
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    CodeError,
    DataError,
    OutlineWarning,
    culprits,
)
from basinmap.export.document_themes import DocumentTheme
from basinmap.export.geopackages import write_geopackage
from basinmap.export.manifests import write_manifest
from basinmap.export.workbooks import write_workbook
from basinmap.maps.paper.alternatives import alternative_text
from basinmap.maps.paper.precision import VISIBLE_MM
from basinmap.maps.paper.sheets import Sheet
from basinmap.measures import Stock, state_column
from basinmap.progress import progress
from basinmap.spatial.projections import METRIC
from basinmap.staging import check_folder, staged_folder, today
from basinmap.territory.aggregation import aggregate
from basinmap.territory.embedded import credit, outlines_known, provenance
from basinmap.territory.given import check_no_outlines
from basinmap.territory.lists import listed
from basinmap.territory.outlines import Outlines, read_outlines
from basinmap.territory.perimeters import Perimeter, perimeter
from basinmap.territory.places import place, places
from basinmap.territory.units import (
    DWELLINGS,
    EARLIEST,
    LATEST,
    LATEST_COUNTS,
    LATEST_LIST,
    PEOPLE,
    communes,
    statistics,
)
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


def _among(subject: Subject) -> tuple[Words, ...]:
    """Return what is written over the thematic maps, which share scale and frame."""
    memo: dict[str, tuple[Words, ...]] = subject.__dict__.setdefault("_words", {})
    if "plh" not in memo:
        memo["plh"] = tuple(
            plate.words(subject)
            for plate in PLATES
            if plate.words is not None and subject.knows(*plate.needs)
        )
    return memo["plh"]


def _rate(slug: str, id_: str, reading: str, **how: Any) -> Plate:  # noqa: ANN401 - of rate_plate
    """Return the plate of a rate."""
    what: dict[str, Any] = {"indicator_id": id_, "reading": reading}
    return Plate(
        slug,
        partial(rate_plate, **what, among=_among, **how),
        needs=(id_,),
        words=partial(rate_words, **what),
        grouped=True,
    )


_HOMES: Final[dict[str, Any]] = {
    "stock": "L01",
    "rate": "L04",
    "title": "Logements et taux de vacance en {year}",
}
_VACANT: Final = "{where}, {value} % des logements sont vacants en {year}"

PLATES: Final = (
    Plate("01-situation", situation_plate),
    _rate("02-vacance", "L04", _VACANT, with_rings=True),
    _rate(
        "03-evolution-population",
        "D02",
        "{where}, la population évolue de {value} % par an en moyenne entre {first} "
        "et {last}",
        pivot=0,
        k=6,
    ),
    _rate(
        "04-densite",
        "D05",
        "{where}, on compte {value} habitants par km² en {year}",
        method="quantile",
    ),
    Plate(
        "05-logements-vacance",
        partial(stock_plate, **_HOMES, reading=_VACANT, among=_among),
        needs=("L01", "L04"),
        words=partial(stock_words, **_HOMES),
    ),
    _rate(
        "06-maisons",
        "L05",
        "{where}, {value} % des logements sont des maisons en {year}",
    ),
)
"""The plates of the document, in order."""


def plh(  # noqa: PLR0913 - what a document may be made from
    epci: str | Perimeter,
    *,
    out: str | Path,
    author: str = "basinmap",
    date: dt.date | None = None,
    network: Network | str | Path | None = None,
    mode: Mode = "car",
    outlines: Outlines | None = None,
    iris: str | Path | None = None,
    communes: pd.DataFrame | None = None,
    counts: pd.DataFrame | None = None,
    balance: Balance | None = None,
    sectors: pd.Series | None = None,
    former: pd.DataFrame | None = None,
    moves: pd.DataFrame | None = None,
    classes: Classes = "territoire",
    indicators: Iterable[str] | None = None,
    formats: Iterable[str] = ("pdf",),
    theme: DocumentTheme | None = None,
    texts: Mapping[str, str] | None = None,
    plates: Sequence[OwnPlate] = (),
    quiet: bool = False,
) -> Path:
    """
    Write the plates, data and tables of the PLH diagnostic of an EPCI.

    Parameters
    ----------
    epci
        SIREN, or unambiguous short name, of one of the 36 EPCI of Nord and
        Pas-de-Calais, or of the list in `communes`; or any other perimeter.
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
    communes
        Communes of another territory, with their EPCI and outlines, as
        `read_territory` returns them; `counts` are then needed.
    counts
        Counts of all the communes of the list, named as those of the catalogue, such as
        `read_source` returns them, in place of the embedded statistics: next year's
        census is a file. Titles and credits are theirs; plates whose counts are not
        there are left out, and the method note tells it.
    balance
        Objectives of the previous PLH and what was done, as `read_balance` returns
        them; without it the document says which file it takes.
    sectors
        Secteur of each commune, as `read_sectors` returns them.
    former
        Counts of a former edition, to be compared with on the communes of today.
    moves
        Who moved in a year, as `read_source` returns Insee's file of residential moves.
    classes
        Of which communes the classes of rates are: `"territoire"`, or `"bassin"`, so
        that a rate has one colour from volume to volume.
    indicators
        Ids of those that the document prints; by default all whose counts there are.
    formats
        Of the document, a page by chapter and one by commune: among `"pdf"`,
        `"docx"`, `"html"`; none for plates, data and web page alone.
    theme
        Its look, as `read_theme` returns it.
    texts
        Texts of the user in the place of those that follow the numbers, by key.
    plates
        Plates of the user in the document, as `read_plates` returns them.
    quiet
        Whether the progress on stderr is off; it is anyway when stderr is no
        terminal.

    Returns
    -------
    Path
        The folder: each plate as PDF, SVG and PNG at 300 dpi, `donnees.gpkg` and the
        project of QGIS `plh.qgz` that shows it, with its styles and fonts,
        `tableaux.xlsx`, `page.html`, `methode.md`, `manifest.json` (hashes, title and
        alternative text of each plate).

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
    check_given(plh, locals())
    check_texts(texts)
    check_folder(out)
    ground = None if outlines is None else read_outlines(outlines)
    if communes is not None:
        check_no_outlines(outlines)
    about = subject(
        _area(epci, communes),
        author=author,
        date=date or today(),
        outlines=ground,
        listing=communes,
        counts=counts,
        alone=True,
        classes=classes,
        indicators=indicators,
    )
    _check_declared(about, sectors, moves)
    # The web page is one of the outputs, asked for or not.
    wanted = [form for form in checked_formats(formats) if form != "web"]
    told_of_plh = _Told(balance, sectors, _former(about, former), moves)
    document = partial(
        _write_document, about, wanted, theme, (texts, plates), told_of_plh
    )
    if network is not None and not _counts_same_people(counts):
        msg = (
            "network= counts people around the Louvre-Lens by the embedded statistics: "
            "leave it out beside counts="
        )
        raise DataError(msg)
    if isinstance(network, str | Path):
        network = read_network(network, mode=mode, crs=METRIC, quiet=quiet)
    homes = None if iris is None else iris_dwellings(iris)
    about = replace(about, network=network, iris=homes)
    about.reach.check_network()
    told = {}
    with staged_folder(out) as folder, warnings.catch_warnings():
        # The foot of the plates and the method note say it.
        warnings.simplefilter("ignore", OutlineWarning)
        steps = _steps(about, folder)
        if wanted:
            steps.append(("plh", partial(document, folder)))
        with progress(unit="fichier", total=len(steps), quiet=quiet) as bar:
            for name, write in steps:
                bar.set_description(name)
                told[name] = write()
                bar.update()
        said = {
            "plates": {plate.slug: told[plate.slug] for plate in _declared(about)},
            "texts_of_the_user": sorted(texts or {}),
            "plates_of_the_user": [one.file.name for one in plates],
        }
        for id_ in _ids(about):  # those of plates and tables are kept with the others
            about.of(id_)
        write_manifest(folder, {**_about(about), **said, **record_of(about, "plh")})
    return Path(out)


def _area(where: str | Perimeter, listing: pd.DataFrame | None) -> Perimeter:
    """Return the perimeter: an EPCI first, for a name may be of a SCoT as well."""
    if isinstance(where, Perimeter):
        return where
    try:
        (code,) = listed(listing).resolve(where, "epci")
    except CodeError:
        with suppress(BasinmapError):
            found = perimeter(where, communes=listing)
            if found.level != "epci":
                return found
        raise
    return perimeter(code, communes=listing)


def _write_document(
    about: Subject,
    formats: Sequence[str],
    theme: DocumentTheme | None,
    own: tuple[Mapping[str, str] | None, Sequence[OwnPlate]],
    told: _Told,
    folder: Path,
) -> None:
    """Write the document itself, of the same counts as the plates."""
    made = plh_document(
        about,
        balance=told.balance,
        sectors=told.sectors,
        former=told.former,
        moves=told.moves,
    )
    write_formats(folder, completed(made, *own), formats, theme)


@dataclass(frozen=True)
class _Told:
    """What a PLH is told that no count says."""

    balance: Balance | None = None
    sectors: pd.Series | None = None
    former: Subject | None = None
    moves: pd.DataFrame | None = None


def _former(about: Subject, counts: pd.DataFrame | None) -> Subject | None:
    """Return the same communes with the counts of a former edition."""
    if counts is None:
        return None
    return subject(
        about.area,
        author=about.author,
        date=about.date,
        listing=about.listing,
        counts=counts,
        alone=True,
    )


def _declared(about: Subject) -> tuple[Plate, ...]:
    """Return the plates of which the counts are there."""
    plates = (*PLATES, *(REACH_PLATES if about.network else ()))
    return tuple(plate for plate in plates if about.knows(*plate.needs))


def _counts_same_people(counts: pd.DataFrame | None) -> bool:
    """Tell whether people around the museum are those of what is embedded."""
    if counts is None:
        return True
    people = statistics()[PEOPLE]
    given = counts.get(PEOPLE)
    if given is None:
        return False
    return bool((given == people.reindex(given.index)).all())


def _check_declared(
    about: Subject, sectors: pd.Series | None, moves: pd.DataFrame | None
) -> None:
    """Refuse counts that allow no plate but the situation; a file with a hole."""
    needed = sorted({id_ for plate in PLATES for id_ in plate.needs})
    if needed and not any(plate.needs for plate in _declared(about)):
        msg = (
            f"counts: no plate can be drawn, for they want {', '.join(needed)}; give "
            "the counts of dwellings, bm.read_source('base-cc-logement.csv'); found "
            f"{culprits(about.statistics.columns)}"
        )
        raise DataError(msg)
    if sectors is not None:
        sectors_of(about, sectors)
    if moves is not None:
        moves_of(about, moves)


def _ids(about: Subject) -> list[str]:
    """Return the indicators of the document of which the counts are there."""
    return [id_ for id_ in indicators(status="embedded").index if about.knows(id_)]


def _steps(about: Subject, folder: Path) -> list[tuple[str, Callable[[], Any]]]:
    """Return what has to be written, in order, for the progress bar."""
    sheets: dict[str, Sheet] = {}
    plates = [
        (plate.slug, partial(_save, plate, about, folder, sheets))
        for plate in _declared(about)
    ]
    return [
        *plates,
        ("plh.qgz", partial(_write_data, about, folder, sheets)),
        ("tableaux.xlsx", partial(_write_tables, about, folder)),
        (PAGE, partial(_write_page, about, folder)),
        ("methode.md", partial(_write_method, about, folder)),
    ]


def _save(
    plate: Plate, about: Subject, folder: Path, sheets: dict[str, Sheet]
) -> dict[str, str]:
    """Save a plate, keep it for QGIS, and return what the manifest says of it."""
    sheet = plate.draw(about)
    sheets[plate.slug] = sheet
    for suffix in FORMATS:
        sheet.savefig(folder / f"{plate.slug}.{suffix}")
    return {"title": sheet.about["Title"], "alternative": alternative_text(sheet)}


def _indicators(
    table: pd.DataFrame,
    to: str | pd.Series | None,
    ids: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return indicators at one level, each with its states; by default all of them."""
    ids = list(indicators(status="embedded").index) if ids is None else ids
    return compute(ids, table, to=to, allow_partial=True)


def _figures(
    about: Subject,
    to: str | pd.Series | None,
    ids: Sequence[str],
    table: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """
    Return indicators of all units of a level, each with its states.

    The counts that are given may hold a part of the list only: units that they do not
    hold whole have no rate, and levels of which none is whole no row. What is said of
    the whole, such as the largest error, is said of the rows of `table`.
    """
    table = about.table if table is None else table
    if about.counts is None:
        return _indicators(table, to, ids)
    found = {}
    with warnings.catch_warnings():
        # The table says « n.d. », and the method note which levels lack.
        warnings.simplefilter("ignore", BasinmapWarning)
        for id_ in ids:
            with suppress(DataError):
                found[id_] = compute(id_, table, to=to, communes=about.listing)
    empty = pd.DataFrame(index=pd.Index([], name="unit", dtype=str))
    return table_of(found) if found else empty


def _with_counts(about: Subject, level: str, codes: list[str]) -> pd.DataFrame:
    """Return counts and rates of units of a level, each with its states."""
    table, to = about.table, None if level == "commune" else level
    counts = table
    if to is not None:
        known = {n: m for n, m in measures_of(table).items() if isinstance(m, Stock)}
        counts, _ = aggregate(
            table[[c for c in table.columns if c.removesuffix("_state") in known]],
            to,
            measures=known,
            communes=about.listing,
            allow_partial=True,
        )
    kinds = indicators(status="embedded")["kind"]
    rates = [i for i in _ids(about) if kinds[i] != "stock"]
    if to is None:
        # Of another list, a row may be missing: it is told as such.
        counts = counts.reindex(codes)
    figures = _figures(about, to, rates, table if to else about.statistics)
    both_ = bare(counts).join(bare(figures)).reindex(codes).rename_axis(level)
    return tell(
        both_, measures=measures_of(counts), columns=fact_of(figures, "columns", {})
    )


_FIGURES: Final = ["population", "population_state", "area_km2", "area_km2_state"]
"""Figures of the outlines, which the statistics give again."""


def _write_data(about: Subject, folder: Path, sheets: Mapping[str, Sheet]) -> None:
    units = _with_counts(about, "commune", list(about.communes.index))
    groups = _with_counts(about, "epci", list(about.epcis.index))
    mine = _without_figures(about.communes, units)
    everyone = _without_figures(about.epcis, groups)
    layers = {
        "communes": (_joined(mine, units), f"Communes – {about.area.name}"),
        "epci": (_joined(everyone, groups), f"EPCI – {_whole_name(about)}"),
        **_layers_of_rings(about),
        **_layers_of_times(about),
        **({"lieux": (places(), "Lieux")} if about.near_museum else {}),
    }
    for frame, title in layers.values():
        retell(frame, title=title)
    terms = (row[-1] for row in _rows_of_sources(about).values())
    held = {name: with_cautions(frame) for name, (frame, _) in layers.items()}
    told: dict[str, Any] = {
        "tables": {"dictionnaire": _with_caution_rows(_dictionary(about), held)},
        "title": f"PLH – {about.area.name}",
        "author": about.author,
        "licence": " ; ".join(dict.fromkeys(filter(None, terms))),
        "date": about.date,
    }
    if sheets:
        write_qgis_project(folder / "plh.qgz", sheets, held, fiches="communes", **told)
    else:
        write_geopackage(folder / "donnees.gpkg", held, **told)


def _with_caution_rows(
    known: pd.DataFrame, held: Mapping[str, gpd.GeoDataFrame]
) -> pd.DataFrame:
    """Explain the columns that say what is to be read with care."""
    columns = dict.fromkeys(
        str(name)
        for frame in held.values()
        for name in frame.columns
        if str(name).endswith(CAUTION)
    )
    if not columns:
        return known
    rows = {
        name: (
            f"{row['libelle']} : prudence",
            "",
            row["millesime"],
            row["source"],
        )
        for name in columns
        if (key := name.removesuffix(CAUTION)) in known.index
        for row in [known.loc[key]]
    }
    more = pd.DataFrame.from_dict(rows, orient="index", columns=list(known.columns))
    return pd.concat([known, more.rename_axis(known.index.name)])


def _joined(units: gpd.GeoDataFrame, counts: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return outlines and figures together, each with what is told of it."""
    found = units.join(bare(counts))
    return retell(
        found,
        measures={**measures_of(units), **measures_of(counts)},
        columns=fact_of(counts, "columns", {}),
    )


def _write_page(about: Subject, folder: Path) -> None:
    """Write the web page of all that the counts give, classed as the plates are."""
    title = f"Programme local de l'habitat – {about.area.name}"
    write_page_of(folder, about, title=title, methods={"D05": "quantile"})


def _without_figures(units: gpd.GeoDataFrame, counts: pd.DataFrame) -> gpd.GeoDataFrame:
    """Leave out the figures of outlines that counts give again."""
    again = [name for name in _FIGURES if name.removesuffix("_state") in counts]
    if any(name.startswith("population_") for name in counts):
        again += ["population", "population_state"]
    return units.drop(columns=again, errors="ignore")


def _whole_name(about: Subject) -> str:
    """Name what the list of communes covers."""
    if about.listing is None:
        return "Nord et Pas-de-Calais"
    names = about.territory.names("departement")
    held = sorted(about.territory.members("departement").unique())
    return ", ".join(str(names.get(code, code)) for code in held[:4])


def _layers_of_rings(about: Subject) -> dict[str, tuple[gpd.GeoDataFrame, str]]:
    """Return distances to the museum, where they mean something and are counted."""
    if not about.near_museum or not _sums(about):
        return {}
    rings = about.rings
    title = f"Distances au Louvre-Lens, à vol d'oiseau ({_counted(about)})"
    return {"anneaux": (rings.join(_people_of(about, rings)), title)}


def _sums(about: Subject) -> list[str]:
    """Return the columns of people and dwellings that are counted around the museum."""
    if about.listing is not None:
        return []
    found = []
    for name in ("population", "dwellings"):
        years = [
            c
            for c in about.table.columns
            if c.startswith(f"{name}_") and c.removeprefix(f"{name}_").isdigit()
        ]
        found += sorted(years)[-1:]
    return found


def _counted(about: Subject) -> str:
    """Say in a title how communes are counted."""
    what = {"area": "de leur surface", "dwellings": "de leurs logements par IRIS"}
    return (
        "communes du Nord et du Pas-de-Calais, comptées au prorata "
        f"{what[counting_rule(about)]}"
    )


def _people_of(about: Subject, areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what is counted in rings or isochrones, as the plates count it."""
    inside = about.ground.drop(columns=_FIGURES, errors="ignore")
    inside = retell(inside.join(about.table), measures=measures_of(about.table))
    sums = _sums(about)
    table = count_inside(about, areas, inside, sums)
    table[sums] = table[sums].round()
    return table


def _layers_of_times(about: Subject) -> dict[str, tuple[gpd.GeoDataFrame, str]]:
    """Return what a network adds to the data."""
    if about.network is None:
        return {}
    mode = PRINTED[about.network.mode]
    areas = about.reach.isochrones
    return {
        "isochrones": (
            areas.join(_people_of(about, areas)),
            f"Temps de parcours {mode} jusqu'au Louvre-Lens ({_counted(about)})",
        ),
        "temps_de_parcours": (
            about.reach.departures.rename_axis("commune"),
            f"Minutes {mode} de la mairie au Louvre-Lens",
        ),
    }


def _sheets_of_times(about: Subject) -> dict[str, pd.DataFrame]:
    """Return what a network adds to the tables."""
    sheets = {}
    for name, (frame, title) in _layers_of_times(about).items():
        table = pd.DataFrame(frame.drop(columns=["geometry", "rule"], errors="ignore"))
        rule = capital(told_of(frame).rule or told_of(about.reach.isochrones).rule)
        credit = "Sources : voir la feuille « Sources »."
        sheets[name.replace("_", " ").capitalize()] = tell(
            table,
            title=title,
            note=" ".join(filter(None, [f"{rule}.", cut_note(about), credit])),
            labels={**_labels(about), **_LABELS_OF_TIMES},
            decimals={"minutes": 1} | dict.fromkeys(_WHOLE, 0),
        )
    return sheets


_WHOLE: Final = (PEOPLE, DWELLINGS, "off_street", "inner", "outer")
_LABELS_OF_TIMES: Final = {
    "isochrone": "Aire (minutes)",
    "inner": "De (minutes)",
    "outer": "À moins de (minutes)",
    "label": "Libellé",
    "units": "Communes comptées",
    "minutes": "Temps de parcours (minutes)",
    "off_street": "Marche hors des rues (m)",
    "absence": "Sans valeur",
    state_column(PEOPLE): "Statut de la population",
    state_column(DWELLINGS): "Statut des logements",
}


def _dictionary(about: Subject) -> pd.DataFrame:
    """Return the meaning of each column: label, unit, vintage, source."""
    measures = measures_of(about.table)
    rows = {
        name: (measure.label, measure.unit, measure.vintage, measure.source)
        for name, measure in measures.items()
    }
    kinds = indicators(status="embedded")["kind"]
    for id_ in _ids(about):
        if kinds[id_] != "stock":
            told = told_of(about.computed(id_))
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
    for id_ in _ids(about):
        if id_ not in fixed:  # the sheet of comparison names a stock by its id
            told = told_of(about.computed(id_))
            fixed[id_] = f"{told.title} ({told.unit})"
    return fixed


def _dressed(
    about: Subject, table: pd.DataFrame, title: str, note: str
) -> pd.DataFrame:
    known = indicators(status="embedded")["decimals"].to_dict()
    measures = measures_of(about.table)
    decimals = dict.fromkeys(measures, 0) | {"area_km2": 2} | known
    return retell(
        table, title=title, note=note, labels=_labels(about), decimals=decimals
    )


def _write_tables(about: Subject, folder: Path) -> None:
    credit = "Sources : voir la feuille « Sources »."
    units = _with_counts(about, "commune", list(about.communes.index))
    units.insert(0, "name", about.communes["name"])
    sheets = {
        "Communes": _dressed(about, units, f"Communes – {about.area.name}", credit),
        "Comparaison": _dressed(
            about,
            _comparison(about),
            f"Comparaison – {about.area.name}",
            "Taux calculés sur les sommes des effectifs communaux, jamais par "
            f"moyenne des taux. {credit}",
        ),
        **_sheets_of_times(about),
        "Sources": _sources(about),
    }
    compared = sheets["Comparaison"]
    drawn = "L04" in compared and compared["L04"].notna().any()
    write_workbook(
        folder / "tableaux.xlsx",
        sheets,
        title=f"PLH – {about.area.name}",
        author=about.author,
        date=about.date,
        charts={"Comparaison": ["L04"]} if drawn and len(compared) <= 40 else {},
    )


_LEVELS = {
    "epci": "EPCI",
    "scot": "SCoT",
    "bassin": "Bassin minier",
    "departement": "Département",
}


def _comparison(about: Subject) -> pd.DataFrame:
    """Return every indicator for the EPCI and for those it is compared with."""
    ids, parts = _ids(about), []
    told: dict[str, Any] = {}
    for level, label in _LEVELS.items():
        names = _names_at(about, level)
        rates = _figures(about, level, ids) if names else pd.DataFrame()
        codes = [code for code in _compared_units(about, level, rates) if code in names]
        if codes:
            told = fact_of(rates, "columns", {}) | told
            parts.append(_named(rates.loc[codes], label, names))
    if about.counts is None:
        whole = _indicators(about.table, both(), ids)
        whole.insert(0, "niveau", "Deux départements")
        whole.insert(1, "name", whole.index)
        whole.index = pd.Index(["59-62"])
        parts.append(whole)
    if not parts:
        columns = ["niveau", "name", *ids]
        return pd.DataFrame(columns=columns, index=pd.Index([], name="territoire"))
    table = bare(pd.concat(map(bare, parts))).rename_axis("territoire")
    return tell(table, columns=told)


def _compared_units(about: Subject, level: str, rates: pd.DataFrame) -> list[str]:
    """Return the units of a level that stand in the comparison, the EPCI first."""
    known = [str(code) for code in rates.index]
    if level != "epci":
        return known
    if about.listing is None:
        eight = set(communes().dropna(subset="scot")["epci"])
        known = [code for code in known if code in eight | {about.area.code}]
    return sorted(known, key=lambda code: (code != about.area.code, code))


def _names_at(about: Subject, level: str) -> dict[str, str]:
    """Return the names of the units of a level; none where the list tells none."""
    if about.listing is None:
        return territory_names(level)
    if level in {"scot", "bassin"}:
        return {}
    return {str(code): str(n) for code, n in about.territory.names(level).items()}


def _named(rates: pd.DataFrame, label: str, names: Mapping[str, str]) -> pd.DataFrame:
    rates.insert(0, "niveau", label)
    rates.insert(1, "name", [names.get(code, code) for code in rates.index])
    return rates


def _sources(about: Subject) -> pd.DataFrame:
    """Return the data sets that the document is made from, one a row."""
    rows = _rows_of_sources(about)
    if about.outlines is not None:
        told = " ; ".join(told_of(about.outlines).sources)
        where = f"COG au 1er janvier {LATEST_LIST}"
        rows["contours-fournis"] = ("Contours des communes", told, "", where, "")
        if about.on_one_ground:
            rows.pop(provenance()["columns"]["geometry"], None)
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


def _rows_of_sources(about: Subject) -> dict[str, tuple[str, str, str, str, str]]:
    """Return what is embedded, if it serves, and the figures that are given."""
    rows = {
        key: (
            item["title"],
            item["credit"],
            item["vintage"],
            item["geography"],
            item["licence"],
        )
        for key, item in (
            _datasets_of(_DRAWN if about.counts is not None else _columns_used(about))
        ).items()
        if about.listing is None
    }
    if about.listing is not None:
        told = " ; ".join(about.territory.sources)
        where = f"COG au 1er janvier {about.territory.year}"
        rows["territoire"] = ("Communes et EPCI", told, "", where, "")
    if about.counts is not None:
        for name, measure in measures_of(about.counts).items():
            where = f"COG au 1er janvier {measure.geography[:4]}"
            told = measure.label or name
            rows[name] = (
                told,
                measure.source,
                measure.vintage,
                where if measure.geography else "",
                "",
            )
    return rows


def _datasets_of(columns: Iterable[str]) -> dict[str, Any]:
    """Return the embedded data sets that hold some columns."""
    known = provenance()
    used = {known["columns"][name] for name in columns if name in known["columns"]}
    return {key: item for key, item in known["datasets"].items() if key in used}


def _columns_used(about: Subject) -> list[str]:
    """Return the embedded columns that figures and plates are made from."""
    near = _NEAR_MUSEUM if about.near_museum else ()
    return [*map(str, about.table.columns), *_DRAWN, *_GROUND, *near]


_PEOPLE = (PEOPLE,)
"""What the plate of situation prints, whatever counts are given."""
_DRAWN = ("geometry", "name", "epci", "scot", "places.geometry")
_GROUND = ("surroundings.geometry", "abroad.geometry", "towns.name", "france.geometry")
_NEAR_MUSEUM = (
    f"iris.population_{LATEST_COUNTS}",
    f"iris.{DWELLINGS}",
    "communes.town_hall_x",
)
"""What rings and times to the museum are counted with."""


def _write_method(about: Subject, folder: Path) -> None:
    """Write the note that goes with the document: how, from what, with what gaps."""
    rates = table_of({i: about.computed(i, allow_partial=True) for i in _ids(about)})
    gone = {i: rates.index[rates[i].isna()] for i in _ids(about)}
    missing = [
        f"- {id_} : {len(codes)} sans valeur ({', '.join(sorted(codes)[:5])})"
        for id_, codes in gone.items()
        if len(codes)
    ]
    lines = [
        f"# Note de méthode – {about.area.name}",
        "",
        f"Réalisation : {about.author}, {about.date:%d/%m/%Y}.",
        "",
        f"- Périmètre : {len(about.communes)} communes au 1er janvier "
        f"{about.territory.year}{_siren(about)}.",
        "- Tous les taux sont calculés sur les sommes des effectifs du niveau "
        "présenté, jamais par moyenne des taux communaux.",
        *_method_of_figures(about),
        *_method_of_outlines(about),
        "- Classes : bornes [a ; b[, arrondies ; effectifs en légende.",
        *_method_of_museum(about),
        *_method_of_times(about),
        *(
            [
                f"- Hors champ : commune{'s' * (len(about.outside) > 1)} "
                f"{', '.join(about.outside)}."
            ]
            * bool(about.outside)
        ),
        *_method_of_absences(about),
        "",
        "## Valeurs manquantes",
        "",
        *(missing or ["Aucune."]),
        "",
        *_method_of_secrecy(about),
        *_method_of_groups(about),
        "## Sources",
        "",
        *(f"- {line}." for line in _credits(about)),
        "",
    ]
    (folder / "methode.md").write_text("\n".join(lines), encoding="utf-8")


def _siren(about: Subject) -> str:
    return f" (SIREN {about.area.code})" if about.area.level == "epci" else ""


def _method_of_secrecy(about: Subject) -> list[str]:
    """Say what secrecy hides in the counts that were given, and why."""
    told = about.protected[1]
    return ["## Secret statistique", "", *told.split("\n"), ""] if told else []


def _method_of_groups(about: Subject) -> list[str]:
    """Say which communes a plate puts together, why, and the rate of each group."""
    lines = []
    for plate in _declared(about):
        for id_ in plate.needs if plate.grouped else ():
            few = grouped_rates(about, about.computed(id_))
            if few is None:
                continue
            lines += [f"### Planche {plate.slug}", "", f"{few.told}.", ""]
            named = about.names.groupby(few.groups).agg(", ".join)
            rows = [
                f"- {named[group]} : {few.figure(group)} %."
                for group in few.rates.index
                if len(few.members(group)) > 1
            ]
            lines += [*rows, ""]
    if not lines:
        return []
    return ["## Communes regroupées", "", _GROUPING, "", *lines]


_GROUPING: Final = (
    "Chaque commune dont l'effectif est trop petit pour un taux est d'abord un groupe "
    "à elle seule ; le plus petit groupe trop petit rejoint, parmi les groupes voisins "
    "eux aussi trop petits, celui avec lequel sa limite commune est la plus longue, ou "
    "à défaut un groupe voisin déjà assez grand ; et ainsi de suite. Un groupe qui "
    "reste trop petit est défait : ses communes sont hachurées. Les communes au-dessus "
    "du seuil gardent leur taux et n'entrent dans aucun groupe, ni celles sans valeur."
)


def _method_of_figures(about: Subject) -> list[str]:
    """Say of which years figures are, and how they were made."""
    if about.counts is None:
        return [
            f"- Évolution {EARLIEST}-{LATEST} à périmètre constant : les communes du "
            f"1er janvier {LATEST_LIST} aux deux dates ; les populations des communes "
            "fusionnées sont additionnées.",
            f"- Logements : recensement {LATEST_COUNTS}, sommes d'effectifs par IRIS "
            "arrondis à l'unité ; les composantes peuvent différer du total de "
            "quelques unités.",
        ]
    titles = [told_of(about.computed(id_)).title for id_ in _ids(about)]
    absent = [code for code in about.communes.index if code not in about.counts.index]
    lines = [f"- Indicateurs : {' ; '.join(titles)}."]
    there = set(_comparison(about)["niveau"])
    lacking = [v for k, v in _LEVELS.items() if v not in there and _names_at(about, k)]
    if lacking:
        lines.append(
            "- Comparaison : les effectifs fournis ne couvrent en entier aucun "
            f"territoire de ces échelons : {', '.join(lacking)}."
        )
    if absent:
        lines.append(
            f"- Communes absentes des fichiers fournis ({len(absent)}) : "
            f"{', '.join(absent[:10])}{'…' * (len(absent) > 10)}."
        )
    return lines


def _method_of_museum(about: Subject) -> list[str]:
    """Say how distances to the museum were measured, or why there are none."""
    if about.near_museum:
        return ["- Distances au musée : à vol d'oiseau, mesurées sur l'ellipsoïde."]
    away = round(about.outline.distance(place("louvre-lens").point).min() / 1000)
    return [
        f"- Distances au Louvre-Lens non représentées : le territoire en est à "
        f"{number(away)} km, au-delà de {number(FARTHEST / 1000)} km."
    ]


def _method_of_absences(about: Subject) -> list[str]:
    """Say which plates there are not, for want of what."""
    there = {plate.slug for plate in _declared(about)}
    every = (*PLATES, *(REACH_PLATES if about.network else ()))
    lines = [
        f"- Planche {plate.slug} absente : les effectifs fournis ne donnent pas "
        f"{' ni '.join(i for i in plate.needs if not about.knows(i))}."
        for plate in every
        if plate.slug not in there
    ]
    if about.listing is not None:
        lines.append(
            "- Planche de situation : le territoire et ses voisins dans la liste des "
            "communes fournie ; ni la cité de Sessevalle, ni les SCoT du bassin minier "
            "n'y figurent."
        )
    return lines


def _method_of_outlines(about: Subject) -> list[str]:
    """Say whose outlines and surfaces the document is on, and how good they are."""
    known = outlines_known()
    given = about.outlines if about.listing is None else about.listing
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
        if about.listing is None and not about.on_one_ground:
            lines.append(
                "- Contours des territoires qu'ils ne contiennent pas en entier : "
                f"{known['credit']}."
            )
    return [*lines, *(f"- Densité. {note}." for note in _notes_of_density(about))]


def _notes_of_density(about: Subject) -> tuple[str, ...]:
    return told_of(about.computed("D05")).notes if about.knows("D05") else ()


def _method_of_times(about: Subject) -> list[str]:
    """Say how times to the museum were measured, when they were."""
    if about.network is None:
        return []
    told = [str(told_of(about.reach.isochrones).rule), *about.network.notes]
    sentences = " ".join(f"{capital(text.rstrip('.'))}." for text in told)
    return [
        f"- {counted_note(about)}",
        f"- Temps jusqu'au musée : {sentences} {about.network.report.text}",
        *([f"- {cut_note(about)}"] if about.reach.cut is not None else []),
        *(
            f"- Communes {why.replace('desservie', 'desservies')} "
            f"({len(codes)}) : {', '.join(codes)}."
            for why, codes in _absences(about).items()
        ),
    ]


def _absences(about: Subject) -> dict[str, list[str]]:
    """Return the communes that have no time, by reason."""
    table = about.reach.departures
    return {
        why: [f"{name} ({code})" for code, name in table["name"][rows].items()]
        for why in (SERVED, PAST)
        if (rows := table["absence"] == why).any()
    }


def _credits(about: Subject) -> list[str]:
    network = [about.network.source] if about.network and about.network.source else []
    figures = [] if about.counts is None else _credits_of_counts(about)
    if about.listing is not None:
        return [*dict.fromkeys([*about.territory.sources, *figures]), *network]
    figures_drawn = about.table.columns if about.counts is None else _PEOPLE
    names = [*figures_drawn, *_DRAWN]
    given = () if about.outlines is None else told_of(about.outlines).sources
    if about.outlines is not None and about.on_one_ground:
        names = [name for name in names if name not in ("area_km2", "geometry")]
    return [*dict.fromkeys([*given, *figures, *credit(*names)]), *network]


def _credits_of_counts(about: Subject) -> list[str]:
    """Return whom the figures that are given are to be credited to."""
    known = measures_of(about.table)
    lines = {
        line: None for m in known.values() for line in m.source.split("; ") if line
    }
    return list(lines) or ["Source des effectifs non indiquée"]


def _about(about: Subject) -> dict[str, object]:
    return {
        "title": f"PLH – {about.area.name}",
        "epci": about.area.code,
        "communes": len(about.communes),
        "author": about.author,
        "date": about.date.isoformat(),
        "network": repr(about.network) if about.network else None,
        "outlines": None if about.outlines is None else told_of(about.outlines).sources,
        "reach": _about_reach(about),
        "sources": _about_sources(about),
    }


def _about_sources(about: Subject) -> dict[str, object]:
    """Return what the manifest says of sources."""
    if about.counts is not None:
        names = ("title", "credit", "vintage", "geography", "licence")
        return {
            key: dict(zip(names, row, strict=True))
            for key, row in _rows_of_sources(about).items()
        }
    return {
        key: {k: item[k] for k in ("credit", "vintage", "geography", "licence")}
        for key, item in _datasets_of(_columns_used(about)).items()
    }


def _about_reach(about: Subject) -> dict[str, object] | None:
    """Return what the manifest says of times to the museum."""
    if about.network is None:
        return None
    absence = about.reach.departures["absence"]
    return {
        "mode": about.network.mode,
        "rule": told_of(about.reach.isochrones).rule,
        "minutes": [int(bound) for bound in about.reach.isochrones["outer"]],
        "cut": about.reach.cut,
        "counting": counting_rule(about),
        "not_served": absence.index[absence == SERVED].tolist(),
        "past_the_cut": absence.index[absence == PAST].tolist(),
    }
