"""
Give every public verb what nobody should, one argument at a time.

`python tests/fuzz.py --seeds 1 2` tries every value of `values()` in the place of each
argument of each valid call of `ENTRIES`, and writes the table of docs/reliability.md.
A verb is added by one entry: a valid call, as small and quick as can be.

What came of each case is written in a journal (`--journal`) as soon as it is known: a
run that was stopped goes on from there, in as many processes as `--processes` says.
Cases of another state of the code are tried again, unless `--keep` is given; those
that failed are always. The report says of what states its figures are.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import hashlib
import io
import json
import multiprocessing
import multiprocessing.connection
import os
import random
import resource
import signal
import socket
import sys
import tempfile
import time
import traceback
import types
import typing
import warnings
from collections import Counter, abc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from PIL import Image

import basinmap as bm
from basinmap import arguments, errors
from basinmap.access.networks import build_network

LIMIT = 20.0  # seconds a call may take
MEMORY = 5 * 2**30  # bytes of address space
REPORT = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"


# --- what the calls are made with -----------------------------------------------------


class World:
    """Small frames, files and pages, made when first asked for."""

    def __init__(self, folder: Path) -> None:
        """Remember where files go: deep enough for a path that goes up."""
        self.folder = folder / "a" / "few" / "levels"
        self.folder.mkdir(parents=True)
        self._sheet: tuple[Any, Any] | None = None
        self.brief = False

    def page(self, *, legend: bool = False) -> Any:
        """Return a map on which nothing was drawn, made again when it was used."""
        if self._sheet is None:
            self._sheet = bm.page(self.units, title="Essai", paper="A5")
            if legend:
                bm.draw_choropleth(self._sheet[1], self.units, self.classes)
        return self._sheet[1]

    def used(self) -> None:
        """Forget the page: something was drawn on it."""
        self._sheet = None

    def place(self, verb: str) -> Path:
        """Return where a verb is called: what one writes must not serve another."""
        place = self.folder / f"at-{verb}"
        place.mkdir(exist_ok=True)
        return place

    def path(self, name: str) -> Path:
        return self.folder / name

    def file(self, name: str, text: str) -> Path:
        path = self.path(name)
        if not path.exists():
            path.write_text(text, encoding="utf-8")
        return path

    @cached_property
    def units(self) -> gpd.GeoDataFrame:
        return bm.communes(epci="call").iloc[:8]

    @cached_property
    def table(self) -> pd.DataFrame:
        return bm.statistics(epci="call")

    @cached_property
    def small(self) -> pd.DataFrame:
        return self.table[["dwellings_2021", "houses_2021"]].iloc[:4]

    @cached_property
    def rate(self) -> pd.Series:
        return bm.compute("L04", self.table)

    @cached_property
    def classes(self) -> pd.Series:
        return bm.classify(self.rate, k=3)

    @cached_property
    def stock(self) -> pd.Series:
        return bm.column(self.table, "dwellings_2021")

    @cached_property
    def kinds(self) -> pd.Series:
        return pd.Series(
            ["pôle", "couronne"] * 4, index=self.units.index, name="position"
        )

    @cached_property
    def squares(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {"v": [1.0, 2.0, 3.0, 4.0], "n": [10, 20, 30, 40]},
            geometry=[
                shapely.box(i, j, i + 1000, j + 1000)
                for i in (685_000, 686_000)
                for j in (7_037_000, 7_038_000)
            ],
            crs=2154,
            index=pd.Index(list("abcd"), name="carreau"),
        )

    @cached_property
    def read(self) -> pd.DataFrame:
        return bm.read_units(self.units_file, "commune")

    @cached_property
    def package(self) -> dict[str, gpd.GeoDataFrame]:
        return {"communes": self.units.assign(L04=self.rate)}

    @cached_property
    def plate(self) -> Any:
        fig, ax = bm.page(self.units, title="Vacance")
        bm.draw_choropleth(ax, self.units, self.classes)
        return fig

    @cached_property
    def cells(self) -> gpd.GeoDataFrame:
        return bm.smooth(self.points, "n", radius_m=1000.0, cell_m=500)

    @cached_property
    def bulletin(self) -> Path:
        folder = self.path("tables")
        folder.mkdir()
        bm.write_workbook(folder / "tableaux.xlsx", {"Communes": self.small})
        return folder

    @cached_property
    def parquet(self) -> Path:
        return bm.write_parquet(self.path("squares.parquet"), self.squares)

    @cached_property
    def points(self) -> gpd.GeoDataFrame:
        return self.squares.set_geometry(self.squares.centroid)

    @cached_property
    def network(self) -> bm.Network:
        x = 685_000 + np.array([0, 1000, 2000, 0, 1000, 2000])
        y = 7_037_000 + np.array([0, 0, 0, 1000, 1000, 1000])
        pairs = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5)]
        tail, head = zip(*pairs, *((b, a) for a, b in pairs), strict=True)
        return build_network(x, y, tail, head, [1000] * 14, [12] * 14, mode="walk")

    @cached_property
    def streets(self) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {"VIT_MOY_VL": [30, 60], "SENS": ["Double sens", "Double sens"]},
            geometry=[
                shapely.LineString([(685_000, 7_037_000), (686_000, 7_037_000)]),
                shapely.LineString([(686_000, 7_037_000), (686_000, 7_039_000)]),
            ],
            crs=2154,
        )

    @cached_property
    def streets_file(self) -> Path:
        self.streets.to_file(self.path("streets.gpkg"))
        return self.path("streets.gpkg")

    @cached_property
    def units_file(self) -> Path:
        frame = self.units[["name", "geometry"]].reset_index()
        path = self.path("units.gpkg")
        frame.rename(columns={"commune": "INSEE_COM", "name": "NOM"}).to_file(path)
        return path

    @cached_property
    def feed(self) -> Path:
        folder = self.path("feed")
        folder.mkdir()
        for name, text in {
            "agency": "agency_name\nTadao",
            "stops": "stop_id,stop_name,stop_lat,stop_lon\n"
            "a,Gare,50.427,2.828\nb,Louvre-Lens,50.431,2.804",
            "routes": "route_id,route_short_name,route_type\n1,Navette,3",
            "calendar_dates": "service_id,date,exception_type\ns,20250114,1",
            "trips": "route_id,service_id,trip_id\n1,s,t",
            "stop_times": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
            "t,08:00:00,08:00:00,a,1\nt,08:06:00,08:06:00,b,2",
        }.items():
            (folder / f"{name}.txt").write_text(text)
        return folder

    @property
    def alone(self) -> dict[str, Any]:
        """Return how the network is asked for nothing."""
        return {"offline": True, "cache": self.path("cache")}

    @cached_property
    def lovac(self) -> Path:
        head = "CODGEO_25;LIBGEO_25;pp_vacant_plus_2ans_25"
        return self.file("lovac.csv", f"{head}\n62498;Lens;860\n")

    @cached_property
    def timetable(self) -> bm.Timetable:
        return bm.read_gtfs(self.feed)

    def raster(self, name: str, bands: int, dtype: str) -> Path:
        path = self.path(name)
        if not path.exists():
            west, south, east, north = self.units.total_bounds
            shape = (40, 40)
            profile = {
                "driver": "GTiff",
                "height": shape[0],
                "width": shape[1],
                "count": bands,
                "dtype": dtype,
                "crs": 2154,
                "transform": rasterio.transform.from_bounds(
                    west - 9000, south - 9000, east + 9000, north + 9000, *shape
                ),
            }
            cells = np.arange(1600).reshape(shape) % 200
            with rasterio.open(path, "w", **profile) as file:
                for band in range(1, bands + 1):
                    file.write(cells.astype(dtype), band)
        return path

    @cached_property
    def logo(self) -> Path:
        Image.new("RGB", (40, 20)).save(self.path("logo.png"))
        return self.path("logo.png")

    @cached_property
    def rings(self) -> gpd.GeoDataFrame:
        return bm.rings(bm.LOUVRE_LENS, distances=[2000, 5000])

    @cached_property
    def isochrones(self) -> gpd.GeoDataFrame:
        return bm.isochrones(self.points.iloc[:1], self.network, minutes=[5, 10])

    @cached_property
    def times(self) -> pd.DataFrame:
        return bm.travel_times(self.points, self.points, self.network)

    @cached_property
    def flows(self) -> pd.Series:
        pairs = pd.MultiIndex.from_product(
            [self.units.index[:2], self.units.index[2:4]], names=["from", "to"]
        )
        return pd.Series([10, 20, 30, 40], index=pairs, name="navetteurs")

    @cached_property
    def leases(self) -> pd.DataFrame:
        return pd.DataFrame(
            {
                "commune": ["62498", "62498"],
                "signed_on": ["2024-03-01", "2024-05-01"],
                "income": [9000, 20000],
                "in_qpv": [True, False],
                "rehoused": [False, False],
            }
        )

    @cached_property
    def note(self) -> bm.Document:
        parts = (bm.Heading("Vacance"), bm.Paragraph("Un.", key="un.lead"))
        day = dt.date(2026, 11, 29)
        return bm.Document("note", "Note", "Essai", day, (bm.Page(parts),))

    @cached_property
    def printed(self) -> dict[str, str]:
        return {"caption": "Essai", "source": "Insee"}

    @cached_property
    def plates(self) -> Path:
        file = self.path("planches.toml")
        self.path("zones.svg").write_text('<svg viewBox="0 0 20 10"></svg>')
        file.write_text(
            "[[plate]]\nfile = 'zones.svg'\ntitle = 'Zones'\ntext = 'Deux zones.'\n"
        )
        return file

    @cached_property
    def subject(self) -> bm.Subject:
        return bm.subject("call", author="Essai", date=dt.date(2026, 11, 29))

    @cached_property
    def evaluated(self) -> bm.Evaluation:
        return bm.evaluation(self.around, years=[2016, 2023], sweep=False)

    @cached_property
    def basin(self) -> bm.Subject:
        day = dt.date(2026, 11, 29)
        return bm.subject("bassin-minier", author="Essai", date=day)

    @cached_property
    def texts(self) -> Path:
        self.path("textes").mkdir()
        self.path("textes").joinpath("un.lead.md").write_text("Deux.")
        return self.path("textes")

    @cached_property
    def saved_areas(self) -> Path:
        museum = bm.LOUVRE_LENS.point
        shapes = [museum.buffer(9_000), museum.buffer(20_000)]
        frame = gpd.GeoDataFrame({"minutes": [10, 20]}, geometry=shapes, crs=2154)
        frame.to_file(self.path("aires.gpkg"))
        return self.path("aires.gpkg")

    @cached_property
    def project(self) -> Path:
        return self.file(
            "projet.toml",
            "perimeter = 'call'\nauthor = 'Essai'\ndate = 2026-11-29\n"
            "[[document]]\nkind = 'cil'\nformats = ['html']\n",
        )

    def fresh(self, name: str) -> Path:
        """Return a folder that nothing was written in."""
        return Path(tempfile.mkdtemp(prefix=name, dir=self.folder))

    @cached_property
    def weights(self) -> bm.Weights:
        return bm.contiguity_weights(self.blocks)

    @cached_property
    def blocks(self) -> gpd.GeoDataFrame:
        box = shapely.box(685_000, 7_037_000, 688_000, 7_040_000)
        area = gpd.GeoDataFrame(geometry=[box], crs=2154)
        return bm.square_grid(area, size_m=1000)

    @cached_property
    def spread(self) -> pd.Series:
        codes = self.weights.codes
        return pd.Series(np.arange(len(codes)) % 5 + 1.0, codes, name="taux")

    @cached_property
    def around(self) -> pd.DataFrame:
        return bm.statistics()

    @cached_property
    def design(self) -> bm.Design:
        return bm.design(
            self.around,
            outcome="population",
            opened="2019-07-01",
            places=20,
        )

    @property
    def made_of(self) -> dict[str, dict[str, list[str]]]:
        return {"epci": {"E": ["a", "b", "c"]}}

    def counts(
        self, name: str, values: list[int | None], states: list[str] | None = None
    ) -> dict[str, pd.DataFrame]:
        """Return a table of three communes, and of what they make."""
        codes = pd.Index(list("abc"), name="commune")
        towns = pd.DataFrame({name: values}, codes)
        if states:
            towns[f"{name}_state"] = states
        epci = pd.DataFrame({name: [127]}, pd.Index(["E"], name="epci"))
        return {"communes": towns, "epci": epci}


Call = Callable[[World], dict[str, Any]]


def drawn(**given: str) -> Call:
    """Return a call of a layer: its map, and what `World` calls the rest."""
    return lambda w: {"ax": w.page()} | {k: getattr(w, v) for k, v in given.items()}


ENTRIES: dict[str, Call] = {
    "Category": lambda _: {"rule": "majority"},
    "Cell": lambda _: {"text": "7,2 %"},
    "Column": lambda _: {"label": "Vacants"},
    "Contents": lambda _: {},
    "Data": lambda _: {"files": (("a.csv", "Table"),)},
    "Decay": lambda _: {"label": "essai", "weight": lambda minutes: minutes * 0 + 1},
    "Document": lambda w: {
        "slug": "note",
        "title": "Note",
        "author": "Essai",
        "date": dt.date(2026, 11, 29),
        "pages": w.note.pages,
    },
    "DocumentTheme": lambda _: {},
    "Figure": lambda _: {
        "slug": "carte",
        "kind": "chart",
        "render": lambda _form, _size: b"",
        "size_mm": (80, 40),
        "alt": "Barres",
        "caption": "Essai",
    },
    "Growth": lambda _: {"start": "a", "end": "b", "years": 5.0},
    "Heading": lambda _: {"text": "Vacance"},
    "KeyFigure": lambda _: {"label": "Vacants", "cell": bm.Cell("7")},
    "KeyFigures": lambda _: {"items": (bm.KeyFigure("Vacants", bm.Cell("7")),)},
    "Legend": lambda _: {"title": "Taux", "entries": (bm.LegendEntry("#ffffff", "a"),)},
    "LegendEntry": lambda _: {"color": "#ffffff", "label": "a"},
    "Mean": lambda _: {"weight": "n"},
    "Measure": lambda _: {},
    "Median": lambda _: {},
    "Note": lambda _: {"kind": "method", "title": "Méthode", "paragraphs": ("Un.",)},
    "OwnPlate": lambda w: {
        "file": w.path("zones.svg"),
        "title": "Zones",
        "text": "Deux zones.",
    },
    "Page": lambda _: {"parts": (bm.Heading("Vacance"),)},
    "Paragraph": lambda _: {"text": "Un."},
    "Perimeter": lambda _: {
        "code": "x",
        "name": "Essai",
        "level": "secteur",
        "communes": ("62498",),
        "vintage": 2026,
        "valid_from": None,
        "valid_to": None,
        "source": "essai",
    },
    "Place": lambda _: {
        "code": "x",
        "name": "Ici",
        "point": shapely.Point(685_000, 7_037_000),
    },
    "Ratio": lambda _: {"numerator": "a", "denominator": "b"},
    "SecrecyRule": lambda _: {"least": 5},
    "Stock": lambda _: {},
    "Table": lambda _: {
        "columns": (bm.Column("Commune", "left"), bm.Column("Vacants")),
        "rows": ((bm.Cell("Lens"), bm.Cell("7")),),
        "caption": "Essai",
    },
    "Theme": lambda _: {},
    "Walking": lambda _: {},
    "age_pyramid": lambda w: {
        "slug": "ages",
        "counts": pd.DataFrame(
            {"Hommes": [10.0, 8.0], "Femmes": [9.0, 13.0]}, ["0-14 ans", "15 et plus"]
        ),
        **w.printed,
    },
    "aggregate": lambda w: {"table": w.table, "to": "epci"},
    "alternative_text": lambda w: {"sheet": w.page()},
    "among_towns": lambda w: {"design": w.design},
    "apportion": lambda w: {
        "table": w.squares[["n"]],
        "source": w.squares,
        "target": w.squares,
        "measures": {"n": bm.Stock()},
    },
    "atlas": lambda w: {
        "units": w.units.iloc[:1],
        "draw": lambda frame: bm.page(frame, title="x", paper="A5")[0],
        "path": w.path("atlas.pdf"),
        "title": "Essai",
        "contents": False,
        "quiet": True,
    },
    "attack": lambda w: {
        "tables": w.counts("vacants", [None, 30, 90], ["secret", "", ""]),
        "hierarchies": w.made_of,
    },
    "bar_chart": lambda w: {
        "slug": "barres",
        "values": pd.Series({"Lens": 1973.0, "Liévin": 965.0}),
        **w.printed,
    },
    "build_project": lambda w: {"path": w.project, "out": w.path("documents")},
    "bulletin_document": lambda w: {"about": w.subject, "theme": "logement-vacance"},
    "catchment": lambda w: {
        "times": w.times,
        "supply": w.points["n"],
        "demand": w.points["n"],
        "method": "2sfca",
        "threshold": 15.0,
    },
    "check_codes": lambda _: {"codes": ["62498"], "level": "commune"},
    "check_colors": lambda _: {"colors": ["#000000", "#ffffff"], "ordered": True},
    "check_coverage": lambda w: {"units": w.squares},
    "check_secrecy": lambda w: {"folder": w.bulletin},
    "check_generations": lambda w: {
        "left": w.table.assign(generation="2015"),
        "right": w.table.assign(generation="2015"),
    },
    "cil": lambda w: {"epci": "call", "out": w.path("cil"), "formats": ["html"]},
    "comparison_document": lambda w: {"about": w.basin, "indicators": ["L04"]},
    "cil_document": lambda w: {"about": w.subject},
    "classify": lambda w: {"values": w.rate},
    "clean_coverage": lambda w: {"units": w.squares},
    "cog_codes": lambda _: {"year": 2020},
    "cog_events": lambda _: {},
    "cog_names": lambda _: {"year": 2020},
    "column": lambda w: {"table": w.table, "name": "dwellings_2021"},
    "communes": lambda _: {"epci": "call"},
    "compare": lambda w: {
        "indicator_id": "L04",
        "table": w.around,
        "unit": "245901152",
    },
    "compute": lambda w: {"indicator_id": "L04", "table": w.table},
    "contiguity_weights": lambda w: {"units": w.blocks},
    "convergence": lambda _: {
        "levels": pd.DataFrame({2000: [1.0, 2, 4], 2010: [2.0, 3, 5]}, list("abc"))
    },
    "count": lambda w: {"points": w.points, "units": w.squares},
    "count_leases": lambda w: {
        "leases": w.leases,
        "thresholds": pd.Series({"246200364": 10_000}),
        "year": 2024,
    },
    "density": lambda w: {"cells": w.squares, "column": "n", "measure": bm.Stock()},
    "departements": lambda _: {},
    "departures": lambda w: {"timetable": w.timetable, "date": "2025-01-14"},
    "describe": lambda w: {"values": w.table["dwellings_2021"]},
    "design": lambda w: {
        "table": w.around,
        "outcome": "population",
        "years": [2016, 2023],
        "places": 20,
    },
    "difference_in_differences": lambda w: {"design": w.design},
    "dissolve": lambda w: {"units": w.squares, "by": pd.Series("x", w.squares.index)},
    "distance_weights": lambda w: {"units": w.points, "nearest": 2},
    "draw_basemap": lambda w: {
        "ax": w.page(),
        "source": w.raster("fond.tif", 3, "uint8"),
        "credit": "essai",
    },
    "draw_bivariate": drawn(units="units", rows="classes", columns="classes"),
    "draw_choropleth": drawn(units="units", classes="classes"),
    "draw_comparison": lambda w: {"ax": w.page(), "values": w.rate.iloc[:3]},
    "draw_discontinuities": drawn(units="units", values="rate"),
    "draw_dots": lambda w: {
        "ax": w.page(),
        "units": w.units,
        "stock": w.stock,
        "per_dot": 1000.0,
    },
    "draw_event_study": lambda w: {
        "ax": w.page(),
        "chart": pd.DataFrame(
            {"estimate": [0, 1.2], "low": [0, -0.5], "high": [0, 2.9]}, [2016, 2023]
        ),
    },
    "draw_exits": lambda w: {"ax": w.page()},
    "draw_furniture": lambda w: {
        "ax": w.page(),
        "author": "Mission",
        "date": dt.date(2026, 11, 29),
        "sources": ["essai"],
    },
    "draw_grid": lambda w: {
        "ax": w.page(),
        "cells": w.squares,
        "classes": bm.classify(w.squares["v"], k=2),
    },
    "draw_ground": lambda w: {"ax": w.page(), "layer": w.units, "kind": "land"},
    "draw_hatching": lambda w: {"ax": w.page(), "areas": w.units, "label": "zone"},
    "draw_hillshade": lambda w: {
        "ax": w.page(),
        "dem_path": w.raster("dem.tif", 1, "float32"),
        "credit": "essai",
    },
    "draw_inset": lambda w: {
        "ax": w.page(),
        "area": w.units.iloc[:1],
        "draw": lambda ax: bm.draw_outlines(ax, w.units),
        "title": "Zoom",
    },
    "draw_isochrones": drawn(areas="isochrones"),
    "draw_area_names": drawn(areas="units"),
    "draw_labels": drawn(units="units"),
    "draw_legend": lambda w: {"ax": w.page(legend=True)},
    "draw_links": lambda w: {
        "ax": w.page(),
        "units": w.units,
        "flows": w.flows,
        "threshold": 1.0,
    },
    "draw_locator": lambda w: {
        "ax": w.page(),
        "units": w.units,
        "context": bm.departements(),
    },
    "draw_logos": lambda w: {"ax": w.page(), "paths": [w.logo]},
    "draw_markers": lambda w: {
        "ax": w.page(),
        "points": w.units.set_geometry(w.units.representative_point()),
        "categories": w.kinds,
    },
    "draw_neighbours": drawn(units="units"),
    "draw_outlines": drawn(units="units"),
    "draw_points": lambda w: {"ax": w.page(), "points": w.points, "label": "lieu"},
    "draw_raster": lambda w: {
        "ax": w.page(),
        "path": w.raster("dem.tif", 1, "float32"),
        "label": "altitude",
        "unit": "m",
        "credit": "essai",
    },
    "draw_rings": drawn(areas="rings"),
    "draw_squares": drawn(units="units", sizes="stock"),
    "draw_surface": lambda w: {
        "ax": w.page(),
        "cells": w.cells,
        "values": bm.density(w.cells, "n"),
        "classes": bm.classify(bm.density(w.cells, "n"), k=2),
    },
    "draw_symbols": drawn(units="units", sizes="stock"),
    "draw_typology": drawn(units="units", categories="kinds"),
    "epcis": lambda _: {"epci": "call"},
    "evaluation": lambda w: {
        "table": w.around,
        "years": [2016, 2023],
        "sweep": False,
    },
    "event_study": lambda w: {"design": w.design},
    "figure": lambda w: {"units": w.units, "size_mm": (105, 110), "title": "Essai"},
    "fetch_cog": lambda w: {"year": 2026, "part": "communes", **w.alone},
    "fetch_gtfs": lambda w: {"dataset": "5c1a", "resource": None, **w.alone},
    "fetch_isochrones": lambda w: {
        "place": bm.LOUVRE_LENS,
        "mode": "walk",
        "minutes": [5, 10],
        **w.alone,
    },
    "fetch_lovac": lambda w: {"year": 2025, "file": w.lovac, **w.alone},
    "fetch_network": lambda w: {"mode": "walk", "around": bm.LOUVRE_LENS, **w.alone},
    "fetch_outlines": lambda w: {"departements": ["62"], **w.alone},
    "fetch_populations": lambda w: {"year": 2023, **w.alone},
    "fetch_qpv": lambda w: {"departements": ["62"], **w.alone},
    "fetch_source": lambda w: {"name": "lovac", "year": 2025, **w.alone},
    "fetch_travel_times": lambda w: {
        "origins": w.points,
        "destinations": bm.LOUVRE_LENS,
        "mode": "car",
        **w.alone,
    },
    "find_unit": lambda _: {"text": "lens"},
    "fragile_groups": lambda w: {
        "indicator_id": "L04",
        "table": w.table,
        "units": w.blocks,
    },
    "geary": lambda w: {"values": w.spread, "weights": w.weights, "permutations": 99},
    "getis_ord": lambda w: {
        "values": w.spread,
        "weights": w.weights,
        "permutations": 99,
    },
    "grid_squares": lambda _: {"codes": ["CRS3035RES1000mN3050000E3790000"]},
    "growth_split": lambda _: {
        "table": pd.DataFrame(
            {"p_2016": [1000], "p_2021": [980], "births": [60], "deaths": [50]},
            ["59574"],
        ),
        "start": "p_2016",
        "end": "p_2021",
        "births": "births",
        "deaths": "deaths",
    },
    "guess_vintage": lambda _: {"codes": ["62498"]},
    "hot_spots": lambda w: {"values": w.spread, "weights": w.weights},
    "in_grey": lambda _: {"theme": bm.PRINT},
    "indicators": lambda _: {},
    "inequality": lambda w: {"values": w.squares["v"], "measure": "gini"},
    "init_project": lambda w: {"folder": w.fresh("projet")},
    "isochrones": lambda w: {
        "place": w.points.iloc[:1],
        "network": w.network,
        "minutes": [5, 10],
    },
    "join_counts": lambda w: {
        "categories": w.spread.gt(4).map({True: "ville", False: "bourg"}),
        "weights": w.weights,
        "permutations": 99,
    },
    "join_on_code": lambda w: {
        "left": w.table[["dwellings_2021"]],
        "right": w.table[["houses_2021"]],
        "left_year": 2026,
        "right_year": 2026,
    },
    "text_keys": lambda w: {"document": w.note},
    "least_color_difference": lambda _: {"colors": ["#000000", "#ffffff"]},
    "legend_entries": lambda w: {"ax": w.page(legend=True)},
    "line_chart": lambda w: {
        "slug": "courbe",
        "lines": pd.DataFrame({"Somain": [100.0, 94.2]}, [2016, 2023]),
        **w.printed,
    },
    "language": lambda _: {},
    "lineage": lambda _: {},
    "lisa": lambda w: {"values": w.spread, "weights": w.weights},
    "locate": lambda w: {"points": w.points, "units": w.squares},
    "location_quotient": lambda _: {
        "table": pd.DataFrame({"mine": [30, 10], "other": [70, 90]}, ["x", "y"])
    },
    "lookup": lambda w: {"units": w.squares},
    "measures_of": lambda w: {"table": w.table},
    "membership": lambda _: {"level": "epci"},
    "moran": lambda w: {"values": w.spread, "weights": w.weights, "permutations": 99},
    "named": lambda _: {"code": "62498"},
    "neighbours": lambda w: {"units": w.squares},
    "not_reached": lambda w: {
        "areas": w.squares.iloc[:1],
        "units": w.squares,
        "sums": ["n"],
        "rule": "area",
    },
    "page": lambda w: {"units": w.units, "title": "Essai", "paper": "A5"},
    "panels": lambda w: {
        "territories": {"a": w.units, "b": w.units},
        "title": "Essai",
    },
    "parse_counts": lambda _: {"raw": pd.Series(["12", "s"], name="n")},
    "partition": lambda _: {
        "perimeters": [bm.user_perimeter("x", ["62498"], name="X", source="essai")]
    },
    "passage": lambda _: {"from_year": 2020, "to_year": 2026},
    "peer_strips": lambda w: {
        "slug": "pairs",
        "values": pd.DataFrame({"L04": [7.6, 1.7]}, ["59574", "59314"]),
        "mine": "59574",
        "name": "Somain",
        "reference": pd.Series({"L04": 6.7}),
        "reference_name": "EPCI",
        "labels": {"L04": "Vacance"},
        "decimals": {"L04": 1},
        "units": {"L04": "%"},
        **w.printed,
    },
    "perimeter": lambda _: {"name": "bassin-minier"},
    "pic": lambda w: {
        "year": 2026,
        "out": w.path("pic"),
        "date": dt.date(2026, 11, 29),
        "evaluated": w.evaluated,
        "formats": ["html"],
    },
    "pic_document": lambda w: {"about": w.subject},
    "placebo_dates": lambda w: {"design": w.design},
    "places": lambda _: {},
    "plh": lambda w: {"epci": "call", "out": w.path("plh"), "quiet": True},
    "plh_document": lambda w: {"about": w.subject, "fiches": False},
    "pre_trends": lambda w: {"design": w.design},
    "protect": lambda w: {
        "tables": w.counts("vacants", [7, 30, 90]),
        "rules": 11,
        "hierarchies": w.made_of,
        "time_limit": 2.0,
    },
    "quartier_shares": lambda w: {
        "quartiers": w.squares.iloc[:1].rename_axis("quartier"),
        "communes": w.squares.rename_axis("commune"),
    },
    "quartiers": lambda _: {},
    "range_strips": lambda w: {
        "slug": "scot",
        "totals": pd.Series({"Grand Douaisis": 8.5}),
        "units": {"Grand Douaisis": pd.Series([1.7, 15.6])},
        **w.printed,
    },
    "rank_mobility": lambda _: {
        "first": pd.Series([10.0, 8, 6], list("abc"), name="revenu"),
        "last": pd.Series([10.0, 7, 9], list("abc"), name="revenu"),
    },
    "reach": lambda w: {
        "areas": w.squares.iloc[:1],
        "units": w.squares,
        "sums": ["n"],
        "rule": "area",
    },
    "read_communes": lambda w: {
        "path": w.file(
            "v_commune_2026.csv",
            "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
            "COM,80021,32,80,80D,802,1,AMIENS,Amiens,Amiens,8099,\n",
        )
    },
    "read_gtfs": lambda w: {"path": w.feed},
    "read_layer": lambda w: {"streets": w.streets, "mode": "car"},
    "read_memberships": lambda w: {
        "path": w.file(
            "epci_2019.csv",
            "\n".join(
                [
                    "siren;nom;insee",
                    *(
                        f"{epci};CC de l'essai;{code}"
                        for code, epci in bm.membership(
                            "epci", date="2019-01-01", vintage=None
                        ).items()
                    ),
                ]
            ),
        )
    },
    "read_movements": lambda w: {
        "path": w.file(
            "v_mvt_commune_2026.csv",
            "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
            "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
            "10,2020-01-01,COM,80001,1,ABBEVILLE,Abbeville,Abbeville,"
            "COM,80001,1,ABBEVILLE,Abbeville,Abbeville sur Somme\n",
        )
    },
    "read_network": lambda w: {
        "path": w.streets_file,
        "mode": "car",
        "speed": 30.0,
        "quiet": True,
    },
    "read_outlines": lambda w: {"outlines": w.units, "year": 2026},
    "read_parquet": lambda w: {"path": w.parquet},
    "read_points": lambda w: {
        "path": w.file(
            "adresses-62.csv",
            "id;code_insee;x;y;lon;lat;type_position\n"
            "62498_1;62498;685200.0;7036900.0;2.792009;50.429451;entrée\n",
        )
    },
    "read_source": lambda w: {
        "path": w.file(
            "lovac.csv",
            "CODGEO_25;LIBGEO_25;pp_vacant_plus_2ans_25\n62498;Lens;860\n62510;Liévin;s\n",
        )
    },
    "read_table": lambda w: {
        "path": w.file("table.csv", "code;n\n62498;12\n62510;30\n"),
        "code": "code",
        "measures": ["n"],
        "source": "essai",
        "vintage": 2022,
    },
    "read_territory": lambda w: {
        "path": w.file(
            "v_commune_2026.csv",
            "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
            "COM,80021,32,80,80D,802,1,AMIENS,Amiens,Amiens,8099,\n",
        )
    },
    "read_texts": lambda w: {"folder": w.texts},
    "read_plates": lambda w: {"path": w.plates},
    "read_theme": lambda w: {"path": w.file("theme.toml", 'main = "#004b87"\n')},
    "read_travel_times": lambda _: {
        "table": pd.DataFrame(
            {"idSrc": ["a", "b"], "idDst": ["c", "c"], "duree": [18.0, 9.0]}
        ),
        "unit": "minutes",
    },
    "read_units": lambda w: {"path": w.units_file, "level": "commune"},
    "Question": lambda _: {"number": 1, "text": "Qui vient ?"},
    "Study": lambda _: {"title": "Vacance", "result": "Trois poches."},
    "read_attendance": lambda w: {
        "path": w.file("entrees.csv", "annee;entrees\n2015;435213\n")
    },
    "read_isochrones": lambda w: {"path": w.saved_areas, "source": "Essai"},
    "read_questions": lambda w: {
        "path": w.file("questions.toml", "[[question]]\nnumber = 1\ntext = 'Qui ?'\n")
    },
    "read_studies": lambda w: {
        "path": w.file("etudes.csv", "etude;resultat\nVacance;Trois poches.\n")
    },
    "read_balance": lambda w: {
        "path": w.file("bilan.csv", "commune;objectif;realise\n62498;160;120\n"),
        "source": "Essai",
        "period": (2014, 2020),
    },
    "read_estates": lambda w: {
        "path": w.file("residences.csv", "residence;x;y\nUne;685200;7036900\n"),
        "source": "Essai",
    },
    "read_landlords": lambda w: {
        "path": w.file("bailleurs.csv", "bailleur;logements\nUn;1200\n"),
        "source": "Essai",
        "year": 2025,
    },
    "read_sectors": lambda w: {
        "path": w.file("secteurs.csv", "commune;secteur\n62498;Centre\n"),
    },
    "rebase": lambda w: {
        "table": w.table[["dwellings_2021"]],
        "from_year": 2026,
        "to_year": 2020,
        "measures": {"dwellings_2021": bm.Stock()},
    },
    "rebase_flows": lambda _: {
        "table": pd.DataFrame({"o": ["62498"], "d": ["62510"], "n": [5]}),
        "origin": "o",
        "destination": "d",
        "values": "n",
        "from_year": 2026,
        "to_year": 2020,
    },
    "repair_codes": lambda _: {"codes": pd.Series(["62498"]), "level": "commune"},
    "report_of": lambda w: {"frame": w.read},
    "resilience": lambda _: {
        "levels": pd.DataFrame(
            {2008: [100, 50], 2009: [90, 50], 2010: [95, 40], 2011: [101, 45]},
            ["x", "y"],
        ),
        "shock": (2008, 2010),
    },
    "ring_panel": lambda w: {
        "table": w.around,
        "areas": bm.rings(bm.LOUVRE_LENS, distances=[10_000, 20_000, 40_000]),
        "measures": ["population"],
        "years": [2016, 2023],
    },
    "ring_sweep": lambda w: {"design": w.design, "treated": [10_000], "gaps": [0]},
    "rings": lambda _: {"place": bm.LOUVRE_LENS, "distances": [1000]},
    "scot_comparison": lambda w: {
        "out": w.path("comparaison"),
        "indicators": ["L04"],
        "formats": ["html"],
    },
    "scot_observatory": lambda w: {
        "scot": "grand-douaisis",
        "theme": "logement-vacance",
        "out": w.path("scot"),
        "formats": ["html"],
    },
    "scots": lambda _: {},
    "secrecy_rules": lambda _: {},
    "segregation": lambda _: {
        "table": bm.statistics("iris", epci="call"),
        "group": "vacant_dwellings_2021",
        "total": "dwellings_2021",
        "by": "commune",
    },
    "compare_dates": lambda w: {
        "table": w.around,
        "to": "scot",
        "columns": ["population_2016", "population_2023"],
    },
    "served_area": lambda w: {"timetable": w.timetable, "date": "2025-01-14"},
    "shared_classes": lambda w: {"series": {"a": w.rate, "b": w.rate}},
    "shared_page": lambda w: {"units": w.squares},
    "shift_share": lambda _: {
        "start": pd.DataFrame({"A": [50, 50], "B": [50, 150]}, ["x", "y"]),
        "end": pd.DataFrame({"A": [70, 60], "B": [60, 170]}, ["x", "y"]),
    },
    "simplify_coverage": lambda w: {"units": w.squares, "scale": 100_000.0},
    "simulate_vision": lambda _: {
        "image": np.zeros((2, 2, 3), dtype=np.uint8),
        "vision": "deuteranopia",
    },
    "smooth": lambda w: {
        "points": w.points,
        "columns": "n",
        "radius_m": 1000.0,
        "cell_m": 500,
    },
    "speak": lambda _: {"code": "en"},
    "square_grid": lambda w: {"area": w.squares, "size_m": 1000},
    "stacked_bars": lambda w: {
        "slug": "parc",
        "parts": pd.DataFrame({"Maisons": [84.0], "Appartements": [16.0]}, ["Somain"]),
        **w.printed,
    },
    "states_of": lambda w: {"table": w.table, "column": "dwellings_2021"},
    "statistics": lambda _: {"epci": "call"},
    "street_speeds": lambda _: {"mode": "walk"},
    "studies": lambda _: {},
    "synthetic_control": lambda w: {"design": w.design},
    "subject": lambda _: {
        "where": "call",
        "author": "Essai",
        "date": dt.date(2026, 11, 29),
    },
    "table_of": lambda w: {"columns": {"a": w.rate}},
    "time_weights": lambda _: {
        "times": pd.DataFrame(
            {"minutes": [0, 9, 30, 9, 0, 12, 30, 12, 0]},
            pd.MultiIndex.from_product([list("abc")] * 2, names=["origin", "to"]),
        ),
        "within": 15.0,
    },
    "told_of": lambda w: {"values": w.rate},
    "town_halls": lambda _: {},
    "commune_history": lambda _: {"code": "62498"},
    "transit_times": lambda w: {
        "places": w.points,
        "destinations": w.points,
        "timetable": w.timetable,
        "date": "2025-01-14",
    },
    "travel_times": lambda w: {
        "origins": w.points,
        "destinations": w.points,
        "network": w.network,
    },
    "trend_bounds": lambda w: {"design": w.design, "changes": [0, 0.1]},
    "typology": lambda w: {
        "indicators": bm.table_of({i: bm.compute(i, w.table) for i in ("L04", "L05")}),
        "groups": 2,
        "draws": 5,
    },
    "user_perimeter": lambda _: {
        "code": "x",
        "communes": ["62498"],
        "name": "X",
        "source": "essai",
    },
    "valhalla_isochrones": lambda w: {
        "place": w.points,
        "tiles": w.path("tiles.tar"),
        "mode": "walk",
        "minutes": [5],
    },
    "valhalla_tiles": lambda w: {"pbf": w.streets_file, "folder": w.path("tiles")},
    "valhalla_times": lambda w: {
        "origins": w.points,
        "destinations": w.points,
        "tiles": w.path("tiles.tar"),
        "mode": "walk",
    },
    "weights_of": lambda w: {
        "graph": w.weights.graph(),
        "rule": "communes qui se touchent",
    },
    "with_fonts": lambda _: {
        "theme": bm.PRINT,
        "fonts": Path(bm.__file__).parent / "maps" / "fonts",
        "family": "Fira Sans",
    },
    "with_plates": lambda w: {
        "document": w.note,
        "plates": bm.read_plates(w.plates),
    },
    "with_texts": lambda w: {"document": w.note, "texts": {"un.lead": "Deux."}},
    "write_csv": lambda w: {"path": w.path("a.csv"), "table": w.small},
    "write_data_package": lambda w: {
        "out": w.path("package"),
        "tables": {"a": w.small},
    },
    "write_document": lambda w: {
        "out": w.path("note"),
        "document": w.note,
        "formats": ["html"],
    },
    "write_docx": lambda w: {"path": w.path("note.docx"), "document": w.note},
    "write_flatgeobuf": lambda w: {"path": w.path("a.fgb"), "layer": w.squares},
    "write_geopackage": lambda w: {
        "path": w.path("a.gpkg"),
        "layers": {"a": w.squares},
    },
    "write_geotiff": lambda w: {"ax": w.page(), "path": w.path("a.tif"), "dpi": 30},
    "write_html": lambda w: {"path": w.path("note.html"), "document": w.note},
    "write_network": lambda w: {"network": w.network, "path": w.path("a.npz")},
    "write_parquet": lambda w: {"path": w.path("a.parquet"), "table": w.small},
    "write_pdf": lambda w: {"path": w.path("note.pdf"), "document": w.note},
    "map_styles": lambda w: {"sheets": {"vacance": w.plate}, "layers": w.package},
    "write_qgis_project": lambda w: {
        "path": w.path("a.qgz"),
        "sheets": {"vacance": w.plate},
        "layers": w.package,
    },
    "write_web_page": lambda w: {
        "path": w.path("page.html"),
        "values": [w.rate],
        "perimeter": "call",
        "title": "Essai",
        "author": "Essai",
        "date": dt.date(2026, 11, 29),
    },
    "write_workbook": lambda w: {"path": w.path("a.xlsx"), "sheets": {"A": w.small}},
    "zonal": lambda w: {"raster": w.raster("dem.tif", 1, "float32"), "units": w.units},
}
"""A valid call of every public verb."""

RESULTS = {
    "Apportionment",
    "Attack",
    "Autocorrelation",
    "Balance",
    "Cleaning",
    "Convergence",
    "Design",
    "Estates",
    "Evaluation",
    "Landlords",
    "Finding",
    "Lookup",
    "Name",
    "Network",
    "Protection",
    "Report",
    "Subject",
    "Timetable",
    "Told",
    "Typology",
    "Weights",
}
"""What verbs return: nobody makes one by hand."""

ALLOWED: dict[tuple[str, str], str] = {
    ("read_travel_times", "unreachable"): "infinity is what some mean by it",
    ("parse_counts", "secret"): "any sign may stand for a secret",
    ("parse_counts", "not_applicable"): "as above",
    ("parse_counts", "not_available"): "as above",
    ("parse_counts", "zero"): "as above",
}
"""Arguments that take more than their types say, and why."""


# --- what is given --------------------------------------------------------------------


def frame(shapes: list[Any], crs: object = 2154, index: list[Any] | None = None) -> Any:
    return gpd.GeoDataFrame(
        {"name": ["a", "b"][: len(shapes)], "n": [1, 2][: len(shapes)]},
        geometry=shapes,
        crs=crs,
        index=pd.Index(index or ["a", "b"][: len(shapes)], name="code"),
    )


class Lengthless:
    """What can be gone through, as a generator can, and has no length."""

    def __iter__(self) -> Iterator[int]:
        return iter([1, 2])


def values() -> dict[str, tuple[Any, set[str]]]:
    """Return each bad value by name, with the types that it is of."""
    boxes = [
        shapely.box(685_000, 7_037_000, 686_000, 7_038_000),
        shapely.box(686_000, 7_037_000, 687_000, 7_038_000),
    ]
    nowhere = [shapely.Point(np.nan, 1), boxes[1]]
    whole, real = {"int", "float"}, {"float"}
    several, figures = {"many"}, {"many", "numbers"}
    named: dict[str, tuple[Any, set[str]]] = {
        "None": (None, {"none"}),
        "True": (True, {"bool"}),
        "numpy False": (np.False_, {"bool"}),
        "0": (0, whole),
        "1": (1, whole),
        "-1": (-1, whole),
        "2026": (2026, whole),
        "10**9": (10**9, whole),
        "10**400": (10**400, {"never"}),
        "-10**400": (-(10**400), {"never"}),
        "numpy 3": (np.int64(3), whole),
        "0.0": (0.0, real),
        "0.5": (0.5, real),
        "-2.5": (-2.5, real),
        "nan": (np.nan, {"never"}),
        "inf": (np.inf, {"float", "endless"}),
        "-inf": (-np.inf, {"never"}),
        "1e-300": (1e-300, real),
        "1e300": (1e300, real),
        "numpy nan": (np.float32("nan"), {"never"}),
        "Decimal": (Decimal("1.5"), {"Decimal"}),
        "Fraction": (Fraction(1, 3), {"Fraction"}),
        "complex": (1j, {"complex"}),
        "empty text": ("", {"str"}),
        "blank": (" \t", {"str"}),
        "x": ("x", {"str"}),
        "code": ("62498", {"str"}),
        "accent": ("Éleu–dit’Œuf", {"str"}),
        "NUL": ("a\0b", {"str", "unwritable"}),
        "surrogate": ("a\ud800", {"str", "unwritable"}),
        "20,000 letters": ("x" * 20_000, {"str"}),
        "300 letters": ("y" * 300, {"str"}),
        "number as text": ("12,5", {"str"}),
        "day as text": ("2026-01-01", {"str"}),
        "no day": ("2026-02-30", {"str"}),
        "path up": ("../../x", {"str"}),
        "vsicurl": ("/vsicurl/http://127.0.0.1:9/x.tif", {"str"}),
        "address": ("http://127.0.0.1:9/x.csv", {"str"}),
        "braces": ("{code!r:>9}%s{0}", {"str"}),
        "TeX": ("$\\frac{", {"str"}),
        "bytes": (b"x", {"bytes"}),
        "[]": ([], figures),
        "[1]": ([1], figures),
        "[-1]": ([-1], figures),
        "[nan]": ([np.nan], {"many", "numbers", "nan inside"}),
        "[inf]": ([np.inf], {"many", "numbers", "nan inside"}),
        "[10**400]": ([10**400], {"many", "nan inside"}),
        "['a']": (["a"], several),
        "[None]": ([None], several),
        "[1, 'a']": ([1, "a"], several),
        "[[1]]": ([[1]], several),
        "()": ((), figures),
        "(1, 2)": ((1, 2), figures),
        "('a', 'b', 'c')": (("a", "b", "c"), several),
        "{}": ({}, {"mapping"}),
        "{'a': 1}": ({"a": 1}, {"mapping"}),
        "{1: None}": ({1: None}, {"mapping"}),
        "set": ({1}, figures),
        "range": (range(3), figures),
        "no length": (Lengthless(), {"iterable"}),
        "function": (lambda *_: None, {"callable"}),
        "object": (object(), {"object"}),
        "type": (int, {"callable"}),
        "...": (..., {"object"}),
        "date": (dt.date(2026, 1, 1), {"date"}),
        "datetime": (dt.datetime(2026, 1, 1, 12), {"date"}),  # noqa: DTZ001
        "NaT": (pd.NaT, {"date"}),
        "NA": (pd.NA, {"NA"}),
        "timedelta": (dt.timedelta(1), {"timedelta"}),
        "array of nothing": (np.array([]), figures | {"array"}),
        "array": (np.array([1.0]), figures | {"array"}),
        "array 0-d": (np.array(1.0), {"array"}),
        "array 2-d": (np.zeros((2, 2)), {"array"}),
        "empty series": (pd.Series(dtype=float), figures | {"series"}),
        "series": (pd.Series([1.0, 2.0], ["a", "b"]), figures | {"series"}),
        "series twice": (pd.Series([1, 2], ["a", "a"]), figures | {"series"}),
        "series of text": (pd.Series(["x", "y"]), {"many", "series"}),
        "series of lists": (
            pd.Series([[1], [2]], ["62498", "62510"]),
            {"many", "series"},
        ),
        "series of levels": (
            pd.Series([1.0], pd.MultiIndex.from_tuples([("a", 1)])),
            figures | {"series"},
        ),
        "series of NaN": (pd.Series([np.nan], ["62498"]), figures | {"series"}),
        "series of inf": (pd.Series([np.inf], ["62498"]), figures | {"series"}),
        "empty table": (pd.DataFrame(), {"table"}),
        "table twice": (pd.DataFrame([[1, 2]], columns=["n", "n"]), {"table"}),
        "table of levels": (
            pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("n", "x")])),
            {"table"},
        ),
        "table of objects": (
            pd.DataFrame({"n": [{}, []], 3: [None, 1]}, ["62498", "62510"]),
            {"table"},
        ),
        "empty frame": (frame([]), {"table", "frame"}),
        "frame without CRS": (frame(boxes, None), {"table", "frame"}),
        "frame in degrees": (
            frame(boxes).to_crs(4326),
            {"table", "frame"},
        ),
        "frame nowhere": (frame(nowhere), {"table", "frame"}),
        "frame without shapes": (frame([None, None]), {"table", "frame"}),
        "frame twice": (frame(boxes, index=["a", "a"]), {"table", "frame"}),
        "frame of numbers": (frame(boxes, index=[1, 2]), {"table", "frame"}),
        "frame of lines": (
            frame([box.exterior for box in boxes]),
            {"table", "frame"},
        ),
        "frame without geometry": (
            gpd.GeoDataFrame({"n": [1]}, index=["a"]),
            {"table", "frame"},
        ),
        "geometries": (
            gpd.GeoSeries(boxes, crs=2154),
            {"geometries", "series", "many"},
        ),
        "point": (shapely.Point(1, 2), {"shape"}),
        "missing path": (Path("nulle/part.tif"), {"path"}),
        "folder": (Path(), {"path"}),
        "device": (Path("/dev/null"), {"path"}),
        "error": (ValueError("x"), {"object"}),
    }
    return named


# --- what is right --------------------------------------------------------------------


_GROUPS = {
    float: {"float"},
    int: {"int"},
    bool: {"bool"},
    str: {"str"},
    type(None): {"none"},
    dt.date: {"date"},
    Path: {"path"},
    pd.Series: {"series"},
    pd.DataFrame: {"table"},
    gpd.GeoDataFrame: {"frame"},
    gpd.GeoSeries: {"geometries"},
    np.ndarray: {"array"},
    shapely.Point: {"shape"},
    abc.Callable: {"callable"},
    os.PathLike: {"path"},
    abc.Mapping: {"mapping"},
    dict: {"mapping"},
}
_MANY = (abc.Sequence, abc.Iterable, abc.Collection, tuple, list)
_ONCE = (abc.Iterable, abc.Iterator)


def groups(hint: Any) -> set[str] | None:
    """Return the types that an annotation takes; None: any."""
    if hint is None:
        return {"none"}
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        parts = [groups(one) for one in typing.get_args(hint)]
        return None if None in parts else set().union(*parts)  # type: ignore[arg-type]
    if origin is typing.Literal:
        return {"str"}
    if isinstance(hint, typing.TypeVar):
        parts = [groups(one) for one in hint.__constraints__]
        return set().union(*parts) if parts else None  # type: ignore[arg-type]
    kind = origin or hint
    if kind in _MANY:
        inside = typing.get_args(hint)[:1]
        if kind in _ONCE:
            return (groups(collections_of(inside)) or set()) | {"iterable"}
        if inside == (str,) and kind is not tuple:
            return {"many", "str"}
        return {"numbers"} if inside == (float,) else {"many"}
    if kind is object or kind is Any:
        return None
    return _GROUPS.get(kind, set())


def collections_of(inside: tuple[Any, ...]) -> Any:
    return abc.Collection[inside[0]] if inside else abc.Collection


@dataclass(frozen=True)
class Case:
    """A verb, one of its arguments, and what is given in its place."""

    verb: str
    argument: str
    value: str


@dataclass(frozen=True)
class Outcome:
    """What came of a case: right, refused, foreign, wrong or slow."""

    case: Case
    kind: str
    said: str = ""


def cases() -> list[Case]:
    """Return all cases, in order."""
    named = list(values())
    return [
        Case(verb, argument, value)
        for verb in ENTRIES
        for argument in arguments_of(verb)
        for value in named
    ]


def arguments_of(verb: str) -> dict[str, Any]:
    """Return the types of the arguments of a verb by name."""
    return dict(arguments.hints_of(getattr(bm, verb)))


def is_wrong(case: Case, hint: Any, of: set[str]) -> bool:
    """Tell whether what was given had to be refused."""
    asked = groups(hint)
    if asked is None or (case.verb, case.argument) in ALLOWED:
        return False
    numeric = asked & {"float", "int", "numbers"}
    if "never" in of or ("nan inside" in of and "numbers" in asked):
        return bool(numeric) or not asked
    if "unwritable" in of and "path" in asked:
        return True
    return not (of & asked)


class TooLongError(BaseException):
    """A call that does not end."""


class NetworkUsedError(BaseException):
    """A call that would have reached the network."""


LONG = frozenset({"pic", "cil", "scot_observatory", "scot_comparison"})
"""Documents whose files take seconds: one call in twelve writes them, the others are
followed until the first file is about to be written."""
_ALARMS = (signal.SIGALRM, signal.SIGPROF)


class Reached(BaseException):
    """What a verb that takes minutes or seconds would begin to write."""


@contextlib.contextmanager
def guarded(world: World) -> Iterator[None]:
    """Keep calls short, offline, quiet and in the folder of the world."""

    def late(*_: object) -> None:
        raise TooLongError

    def online(*given: object) -> None:
        raise NetworkUsedError(str(given))

    def reached(out: Any) -> None:
        with staged(out):
            raise Reached

    def perhaps(out: Any) -> Any:
        return reached(out) if world.brief else staged(out)

    from basinmap.deliverables import housing, publishing  # noqa: PLC0415 - only here

    before = [signal.signal(number, late) for number in _ALARMS]
    connect, staged, where = socket.socket.connect, housing.staged_folder, Path.cwd()
    socket.socket.connect = online  # type: ignore[method-assign]
    housing.staged_folder, publishing.staged_folder = reached, perhaps
    os.chdir(world.folder)
    room = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, room[1]))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(where)
        resource.setrlimit(resource.RLIMIT_AS, room)
        socket.socket.connect = connect  # type: ignore[method-assign]
        housing.staged_folder = publishing.staged_folder = staged
        for number, handler in zip(_ALARMS, before, strict=True):
            signal.signal(number, handler)


def tried(case: Case, world: World, named: dict[str, tuple[Any, set[str]]]) -> Outcome:
    """Make one call, and judge what comes of it."""
    verb = getattr(bm, case.verb)
    value, of = named[case.value]
    hint = arguments_of(case.verb)[case.argument]
    theirs = "callable" in of and "callable" in (groups(hint) or ())
    given = {**ENTRIES[case.verb](world), case.argument: value}
    # Of the processor: the machine may be busy. Waiting has a limit of its own.
    os.chdir(world.place(case.verb))
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    signal.setitimer(signal.ITIMER_REAL, 10 * LIMIT)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            verb(**given)
    except errors.BasinmapError as error:
        if "already" in str(error):
            world.used()
        return Outcome(case, "refused", str(error)[:200])
    except Reached:
        return Outcome(case, "wrong" if is_wrong(case, hint, of) else "right")
    except TooLongError:
        world.used()
        return Outcome(case, "slow")
    except NetworkUsedError as error:
        return Outcome(case, "foreign", f"network: {error}")
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        world.used()
        if theirs:  # what the user's own function raises is the user's
            return Outcome(case, "refused", str(error)[:200])
        where = traceback.extract_tb(error.__traceback__)
        ours = [
            f"{Path(f.filename).name}:{f.lineno}"
            for f in where
            if "basinmap/" in f.filename
        ]
        said = f"{type(error).__name__}: {str(error)[:120]} @ {' '.join(ours[-2:])}"
        return Outcome(case, "foreign", said)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    if "ax" in given or "sheet" in given:
        world.used()
    return Outcome(case, "wrong" if is_wrong(case, hint, of) else "right")


def ran(chosen: list[Case], folder: Path) -> Iterator[Outcome]:
    """Try cases one after the other."""
    world, named = World(folder), values()
    with guarded(world):
        for number, case in enumerate(chosen):
            world.brief = case.verb in LONG and number % 12 > 0
            yield tried(case, world, named)


# --- many, and again ------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A case of the journal: what came of it, of what code, in how long."""

    outcome: Outcome
    code: str
    seconds: float

    @property
    def good(self) -> bool:
        """Whether there is nothing to mend."""
        return self.outcome.kind in ("right", "refused")


class Journal:
    """What came of the cases of a seed, one a line, as soon as it is known."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Say where it is."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"fuzz-{seed}.jsonl"

    def add(self, line: Line) -> None:
        """Write a line at once: several processes write in one file."""
        told = line.outcome
        case = told.case
        row = [case.verb, case.argument, case.value, told.kind, told.said]
        text = json.dumps([*row, line.code, round(line.seconds, 4)]) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(handle, text.encode())
        finally:
            os.close(handle)

    def forget(self, cases: list[Case]) -> None:
        """Take out cases that are about to be tried again."""
        again, kept = set(cases), self.read()
        draft = self.path.with_suffix(".draft")
        left = Journal(draft.parent, 0)
        left.path = draft
        draft.write_text("", encoding="utf-8")
        for case, line in kept.items():
            if case not in again:
                left.add(line)
        draft.replace(self.path)

    def read(self) -> dict[Case, Line]:
        """Return the last line of each case."""
        if not self.path.exists():
            return {}
        found = {}
        for text in self.path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):  # half a line of one who was killed
                *names, kind, said, code, seconds = json.loads(text)
                case = Case(*names)
                found[case] = Line(Outcome(case, kind, said), code, seconds)
        return found


def code_now() -> str:
    """Return the state of the code: the library, and this program."""
    whole = hashlib.sha256(Path(__file__).read_bytes())
    home = Path(bm.__file__).parent
    for path in sorted(home.rglob("*")):
        if path.is_file() and path.suffix in {".py", ".toml", ".parquet", ".json"}:
            whole.update(path.relative_to(home).as_posix().encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()[:8]


def shard(chosen: list[Case], journal: Journal, code: str) -> None:
    """Try cases, and write what comes of each."""
    with tempfile.TemporaryDirectory() as folder:
        before = time.process_time()
        for outcome in ran(chosen, Path(folder)):
            now = time.process_time()
            journal.add(Line(outcome, code, now - before))
            before = now


def whole_run(chosen: list[Case], journal: Journal, code: str, processes: int) -> None:
    """
    Try cases in several processes.

    A process that dies, of memory or of a library in C, dies of the first of its cases
    that is not in the journal: that one is foreign, and the rest goes on.
    """
    shards = [chosen[i::processes] for i in range(processes)]
    context = multiprocessing.get_context("spawn")
    running = {}
    for number, part in enumerate(shards):
        running[number] = context.Process(target=shard, args=(part, journal, code))
        running[number].start()
    while running:
        multiprocessing.connection.wait([one.sentinel for one in running.values()])
        for number in [n for n, one in running.items() if not one.is_alive()]:
            died = running.pop(number).exitcode
            known = {c for c, line in journal.read().items() if line.code == code}
            rest = [case for case in shards[number] if case not in known]
            if not rest:
                continue
            said = f"the process died ({died})"
            journal.add(Line(Outcome(rest[0], "foreign", said), code, 0.0))
            if len(rest) > 1:
                shards[number] = rest[1:]
                again = context.Process(target=shard, args=(rest[1:], journal, code))
                running[number] = again
                again.start()


def table(seed: int, lines: list[Line]) -> str:
    """Write a line of the table."""
    found = Counter(line.outcome.kind for line in lines)
    cells = [
        str(seed),
        f"{len(lines):,}",
        *(f"{found[k]:,}" for k in ("right", "refused", "foreign", "wrong", "slow")),
        f"{sum(line.seconds for line in lines) / 60:.0f} min",
    ]
    return "| " + " | ".join(cells) + " |"


HEAD = (
    "| seed | cases | accepted, allowed | named errors | foreign errors | "
    "silent wrong | over 20 s | processor |\n|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def account(done: dict[int, list[Line]], every: int, now: str) -> str:
    """Say what was run, and of which code."""
    most = max(map(len, done.values()))
    what = "all cases there are" if most == every else f"{most:,} of {every:,} cases"
    text = (
        f"Made by `make fuzz`: {what}, in an order drawn by each seed. `plh`, and "
        f"eleven calls in twelve of {', '.join(sorted(LONG))}, are followed until "
        "the first file is about to be written, the others to the end."
    )
    for seed, lines in done.items():
        codes = Counter(line.code for line in lines)
        if set(codes) != {now}:
            parts = ", ".join(
                f"{count:,} {'as it is' if code == now else f'at {code}'}"
                for code, count in codes.most_common()
            )
            text += f" Seed {seed}, by state of the code: {parts}."
    return text


def faults(lines: list[Line]) -> str:
    """Write what is to be mended."""
    rows = []
    for line in lines:
        told, case = line.outcome, line.outcome.case
        if not line.good:
            call = f"{case.verb}({case.argument}={case.value})"
            rows.append(f"{told.kind:8} {call} {told.said}")
    return "\n".join(sorted(rows))


def main() -> int:
    """Run all cases in the order of each seed, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--only", nargs="*", help="verbs to try")
    parser.add_argument("--share", type=float, default=1.0, help="part of the cases")
    parser.add_argument("--dry", action="store_true", help="do not write the report")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--journal", type=Path, default=REPORT.parents[1] / "out")
    parser.add_argument(
        "--keep", action="store_true", help="what was right of another state of code"
    )
    parser.add_argument(
        "--told", action="store_true", help="only write what the journal holds"
    )
    given = parser.parse_args()
    code, every = code_now(), len(cases())
    done: dict[int, list[Line]] = {}
    start = time.monotonic()
    for seed in given.seeds:
        chosen = [c for c in cases() if not given.only or c.verb in given.only]
        # Another order each time: what one call leaves must not help the next.
        random.Random(seed).shuffle(chosen)
        chosen = chosen[: round(len(chosen) * given.share)]
        journal = Journal(given.journal, seed)
        known = journal.read()
        todo = [
            case
            for case in chosen
            if (line := known.get(case)) is None
            or not line.good
            or not (given.keep or line.code == code)
        ]
        if todo and not given.told:
            journal.forget(todo)
            whole_run(todo, journal, code, given.processes)
        known = journal.read()
        done[seed] = [known[case] for case in chosen if case in known]
        print(faults(done[seed]), HEAD, table(seed, done[seed]), sep="\n")
        print(f"{time.monotonic() - start:.0f} s", flush=True)
    if not given.dry:
        rows = [table(seed, lines) for seed, lines in done.items()]
        told = account(done, every, code)
        written("\n".join([HEAD, *rows, "", told]), "fuzz")
    return int(any(not line.good for lines in done.values() for line in lines))


def written(text: str, mark: str) -> None:
    """Put a part in docs/reliability.md, between its two marks."""
    start, end = f"<!-- {mark} -->", f"<!-- end of {mark} -->"
    whole = REPORT.read_text(encoding="utf-8")
    head, _, rest = whole.partition(start)
    _, _, tail = rest.partition(end)
    REPORT.write_text(f"{head}{start}\n{text}\n{end}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
