"""
basinmap: territorial observation of the bassin minier, from data to documents.

Territorial units, spatial joins, reach around a place, indicators from counts,
print-ready maps in French, files that others reuse. Frames in, frames out: the
index is the official code, lengths are metres, everything works offline.

>>> import basinmap as bm
>>> len(bm.communes(epci="246200364"))
36
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from basinmap.questions import index as _index

__version__ = "0.1.0"

# What `help(basinmap)` shows: the public names, by the question that they answer.
__doc__ = f"{__doc__ or ''}\n{_index()}\n"

# One name, one path. A room is imported when a name of it is first used, so that
# `import basinmap` costs next to nothing and drawing is paid by those who draw.
_ROOMS: Final = {
    "errors": ("errors",),
    "languages": ("language",),
    "speech": ("speak",),
    "testing": ("testing",),
    "measures": (
        "Category",
        "Growth",
        "Mean",
        "Measure",
        "Median",
        "Ratio",
        "Stock",
        "parse_counts",
        "states_of",
    ),
    "reports": ("Report",),
    "values.columns": ("column", "describe", "table_of"),
    "values.told": ("Told", "measures_of", "report_of", "told_of"),
    "territory.aggregation": ("aggregate",),
    "territory.evolution": ("compare_dates",),
    "territory.flows": ("rebase_flows",),
    "territory.history": (
        "cog_codes",
        "cog_events",
        "cog_names",
        "guess_vintage",
        "commune_history",
    ),
    "territory.levels": ("check_codes", "find_unit", "repair_codes"),
    "territory.membership_files": ("read_memberships",),
    "territory.memberships": ("lineage", "membership"),
    "territory.movements": ("read_communes", "read_movements"),
    "territory.naming": ("Name", "named"),
    "territory.outlines": ("read_outlines",),
    "territory.passages": ("passage",),
    "territory.perimeters": ("Perimeter", "partition", "perimeter", "user_perimeter"),
    "territory.places": ("LOUVRE_LENS", "Place", "places", "town_halls"),
    "territory.reading": ("check_generations", "read_units"),
    "territory.rebasing": ("join_on_code", "rebase"),
    "territory.territory_files": ("read_territory",),
    "territory.units": (
        "communes",
        "departements",
        "epcis",
        "quartiers",
        "scots",
        "statistics",
    ),
    "secrecy.attacking": ("Attack", "attack"),
    "secrecy.folders": ("check_secrecy",),
    "secrecy.protecting": ("Protection", "protect"),
    "sources.fetching": (
        "fetch_cog",
        "fetch_lovac",
        "fetch_outlines",
        "fetch_populations",
        "fetch_qpv",
        "fetch_source",
    ),
    "sources.points": ("read_points",),
    "sources.reading": ("read_source",),
    "sources.tables": ("read_table",),
    "spatial.apportioning": ("Apportionment", "apportion"),
    "spatial.coverages": (
        "Cleaning",
        "check_coverage",
        "clean_coverage",
        "dissolve",
        "neighbours",
        "simplify_coverage",
    ),
    "spatial.grids": ("density", "grid_squares", "square_grid"),
    "spatial.joins": ("count", "locate"),
    "spatial.lookups": ("Lookup", "lookup"),
    "spatial.nesting": ("quartier_shares",),
    "spatial.rasters": ("zonal",),
    "spatial.smoothing": ("smooth",),
    "access.catchments": ("Decay", "catchment"),
    "access.circles": ("rings",),
    "access.counting": ("not_reached", "reach"),
    "access.fetching": ("fetch_gtfs", "fetch_network"),
    "access.gtfs": ("read_gtfs",),
    "access.inequality": ("inequality",),
    "access.isochrones": ("isochrones",),
    "access.layers": ("read_layer",),
    "access.navigation": ("fetch_isochrones", "fetch_travel_times"),
    "access.networks": ("Network", "write_network"),
    "access.speeds": ("street_speeds",),
    "access.stops": ("departures", "served_area"),
    "access.streets": ("read_network",),
    "access.tables": ("read_travel_times",),
    "access.times": ("travel_times",),
    "access.timetables": ("Timetable",),
    "access.transit": ("Walking", "transit_times"),
    "access.valhalla": ("valhalla_isochrones", "valhalla_tiles", "valhalla_times"),
    "catalogue.comparing": ("compare",),
    "catalogue.computing": ("compute",),
    "catalogue.grouping": ("fragile_groups",),
    "catalogue.leases": ("count_leases",),
    "catalogue.listing": ("indicators",),
    "maps.classing.classes": ("SRU", "classify", "shared_classes"),
    "maps.grounds.basemap": ("draw_basemap",),
    "maps.grounds.geotiffs": ("write_geotiff",),
    "maps.grounds.relief": ("draw_hillshade",),
    "maps.layers.bands": ("draw_isochrones",),
    "maps.layers.bivariate": ("draw_bivariate",),
    "maps.layers.choropleths": ("draw_choropleth",),
    "maps.layers.discontinuities": ("draw_discontinuities",),
    "maps.layers.dots": ("draw_dots",),
    "maps.layers.grounds": ("draw_ground",),
    "maps.layers.grids": ("draw_grid", "draw_surface"),
    "maps.layers.hatching": ("draw_hatching",),
    "maps.layers.links": ("draw_links",),
    "maps.layers.markers": ("draw_markers",),
    "maps.layers.area_names": ("draw_area_names",),
    "maps.layers.names": ("draw_labels",),
    "maps.layers.outlines": ("draw_neighbours", "draw_outlines"),
    "maps.layers.points": ("draw_points",),
    "maps.layers.rasters": ("draw_raster",),
    "maps.layers.rings": ("draw_rings",),
    "maps.layers.squares": ("draw_squares",),
    "maps.layers.symbols": ("draw_symbols",),
    "maps.layers.typology": ("draw_typology",),
    "maps.look.themes": (
        "GREY",
        "HALF_COLUMN",
        "PRINT",
        "Theme",
        "in_grey",
        "with_fonts",
    ),
    "maps.look.vision": ("check_colors", "least_color_difference", "simulate_vision"),
    "maps.margins.exits": ("draw_exits",),
    "maps.margins.furniture": ("draw_furniture",),
    "maps.margins.insets": ("draw_inset", "draw_locator"),
    "maps.margins.keys": ("legend_entries",),
    "maps.margins.legends": ("draw_comparison", "draw_legend"),
    "maps.margins.logos": ("draw_logos",),
    "maps.paper.alternatives": ("alternative_text",),
    "maps.paper.atlases": ("atlas",),
    "maps.paper.figures": ("figure",),
    "maps.paper.layouts": ("shared_page",),
    "maps.paper.pages": ("page",),
    "maps.paper.panels": ("panels",),
    "impact.autocorrelation": (
        "Autocorrelation",
        "geary",
        "getis_ord",
        "hot_spots",
        "join_counts",
        "lisa",
        "moran",
    ),
    "impact.segregation": ("segregation",),
    "impact.trajectories": (
        "Convergence",
        "convergence",
        "growth_split",
        "location_quotient",
        "rank_mobility",
        "resilience",
        "shift_share",
    ),
    "impact.typologies": ("Typology", "typology"),
    "impact.weights": (
        "Weights",
        "contiguity_weights",
        "distance_weights",
        "time_weights",
        "weights_of",
    ),
    "impact.designs": ("Design", "design"),
    "impact.effects": ("Finding", "difference_in_differences", "event_study"),
    "impact.evaluating": ("Evaluation", "evaluation"),
    "impact.panels": ("ring_panel",),
    "impact.robustness": (
        "placebo_dates",
        "pre_trends",
        "ring_sweep",
        "synthetic_control",
        "trend_bounds",
        "among_towns",
    ),
    "export.csv_files": ("write_csv",),
    "export.data_packages": ("write_data_package",),
    "export.flatgeobufs": ("write_flatgeobuf",),
    "export.geopackages": ("write_geopackage",),
    "export.parquets": ("read_parquet", "write_parquet"),
    "export.workbooks": ("write_workbook",),
    "export.document_themes": ("DocumentTheme", "read_theme"),
    "export.html_documents": ("write_html",),
    "export.parts": (
        "Cell",
        "Column",
        "Contents",
        "Data",
        "Document",
        "Figure",
        "Heading",
        "KeyFigure",
        "KeyFigures",
        "Legend",
        "LegendEntry",
        "Note",
        "Page",
        "Paragraph",
        "Table",
    ),
    "export.pdf_documents": ("write_pdf",),
    "export.word_documents": ("write_docx",),
    "deliverables.charts": (
        "age_pyramid",
        "bar_chart",
        "line_chart",
        "peer_strips",
        "range_strips",
        "stacked_bars",
    ),
    "deliverables.building": ("build_project",),
    "deliverables.cil_documents": ("cil_document",),
    "deliverables.cil_files": (
        "Estates",
        "Landlords",
        "read_estates",
        "read_landlords",
    ),
    "deliverables.programme_files": ("read_balance", "read_sectors"),
    "deliverables.programme_pages": ("Balance",),
    "deliverables.comparison_documents": ("comparison_document", "scot_comparison"),
    "deliverables.housing": ("plh",),
    "deliverables.housing_documents": ("plh_document",),
    "deliverables.own_plates": ("OwnPlate", "read_plates", "with_plates"),
    "deliverables.museum_areas": ("read_isochrones",),
    "deliverables.museum_files": ("read_attendance", "read_studies"),
    "deliverables.pic_documents": (
        "Question",
        "Study",
        "pic_document",
        "read_questions",
    ),
    "deliverables.projects": ("init_project",),
    "deliverables.publishing": ("cil", "pic", "scot_observatory", "write_document"),
    "deliverables.qgis_projects": ("map_styles", "write_qgis_project"),
    "deliverables.scot_documents": ("bulletin_document",),
    "deliverables.subjects": ("Subject", "subject"),
    "deliverables.texts": ("text_keys", "read_texts", "with_texts"),
    "deliverables.web_pages": ("write_web_page",),
    "maps.margins.chronicles": ("draw_event_study",),
    "deliverables.studies": ("studies",),
    "values.masking": ("SecrecyRule", "secrecy_rules"),
}
# Old names, kept for one version: docs/politique-de-version.md.
_RENAMED: Final = {
    "build": "build_project",
    "init": "init_project",
    "keys_of": "text_keys",
    "least_difference": "least_color_difference",
    "series": "compare_dates",
    "simulate": "simulate_vision",
    "trajectory": "commune_history",
}
_ORIGIN: Final = {name: room for room, names in _ROOMS.items() for name in names}

if TYPE_CHECKING:
    from basinmap import errors as errors
    from basinmap import testing as testing
    from basinmap.access.catchments import Decay as Decay
    from basinmap.access.catchments import catchment as catchment
    from basinmap.access.circles import rings as rings
    from basinmap.access.counting import not_reached as not_reached
    from basinmap.access.counting import reach as reach
    from basinmap.access.fetching import fetch_gtfs as fetch_gtfs
    from basinmap.access.fetching import fetch_network as fetch_network
    from basinmap.access.gtfs import read_gtfs as read_gtfs
    from basinmap.access.inequality import inequality as inequality
    from basinmap.access.isochrones import isochrones as isochrones
    from basinmap.access.layers import read_layer as read_layer
    from basinmap.access.navigation import fetch_isochrones as fetch_isochrones
    from basinmap.access.navigation import fetch_travel_times as fetch_travel_times
    from basinmap.access.networks import Network as Network
    from basinmap.access.networks import write_network as write_network
    from basinmap.access.speeds import street_speeds as street_speeds
    from basinmap.access.stops import departures as departures
    from basinmap.access.stops import served_area as served_area
    from basinmap.access.streets import read_network as read_network
    from basinmap.access.tables import read_travel_times as read_travel_times
    from basinmap.access.times import travel_times as travel_times
    from basinmap.access.timetables import Timetable as Timetable
    from basinmap.access.transit import Walking as Walking
    from basinmap.access.transit import transit_times as transit_times
    from basinmap.access.valhalla import valhalla_isochrones as valhalla_isochrones
    from basinmap.access.valhalla import valhalla_tiles as valhalla_tiles
    from basinmap.access.valhalla import valhalla_times as valhalla_times
    from basinmap.catalogue.comparing import compare as compare
    from basinmap.catalogue.computing import compute as compute
    from basinmap.catalogue.grouping import fragile_groups as fragile_groups
    from basinmap.catalogue.leases import count_leases as count_leases
    from basinmap.catalogue.listing import indicators as indicators
    from basinmap.deliverables.building import build_project as build_project
    from basinmap.deliverables.charts import age_pyramid as age_pyramid
    from basinmap.deliverables.charts import bar_chart as bar_chart
    from basinmap.deliverables.charts import line_chart as line_chart
    from basinmap.deliverables.charts import peer_strips as peer_strips
    from basinmap.deliverables.charts import range_strips as range_strips
    from basinmap.deliverables.charts import stacked_bars as stacked_bars
    from basinmap.deliverables.cil_documents import cil_document as cil_document
    from basinmap.deliverables.cil_files import Estates as Estates
    from basinmap.deliverables.cil_files import Landlords as Landlords
    from basinmap.deliverables.cil_files import read_estates as read_estates
    from basinmap.deliverables.cil_files import read_landlords as read_landlords
    from basinmap.deliverables.comparison_documents import (
        comparison_document as comparison_document,
    )
    from basinmap.deliverables.comparison_documents import (
        scot_comparison as scot_comparison,
    )
    from basinmap.deliverables.housing import plh as plh
    from basinmap.deliverables.housing_documents import plh_document as plh_document
    from basinmap.deliverables.museum_areas import read_isochrones as read_isochrones
    from basinmap.deliverables.museum_files import read_attendance as read_attendance
    from basinmap.deliverables.museum_files import read_studies as read_studies
    from basinmap.deliverables.own_plates import OwnPlate as OwnPlate
    from basinmap.deliverables.own_plates import read_plates as read_plates
    from basinmap.deliverables.own_plates import with_plates as with_plates
    from basinmap.deliverables.pic_documents import Question as Question
    from basinmap.deliverables.pic_documents import Study as Study
    from basinmap.deliverables.pic_documents import pic_document as pic_document
    from basinmap.deliverables.pic_documents import read_questions as read_questions
    from basinmap.deliverables.programme_files import read_balance as read_balance
    from basinmap.deliverables.programme_files import read_sectors as read_sectors
    from basinmap.deliverables.programme_pages import Balance as Balance
    from basinmap.deliverables.projects import init_project as init_project
    from basinmap.deliverables.publishing import cil as cil
    from basinmap.deliverables.publishing import pic as pic
    from basinmap.deliverables.publishing import scot_observatory as scot_observatory
    from basinmap.deliverables.publishing import write_document as write_document
    from basinmap.deliverables.qgis_projects import map_styles as map_styles
    from basinmap.deliverables.qgis_projects import (
        write_qgis_project as write_qgis_project,
    )
    from basinmap.deliverables.scot_documents import (
        bulletin_document as bulletin_document,
    )
    from basinmap.deliverables.studies import studies as studies
    from basinmap.deliverables.subjects import Subject as Subject
    from basinmap.deliverables.subjects import subject as subject
    from basinmap.deliverables.texts import read_texts as read_texts
    from basinmap.deliverables.texts import text_keys as text_keys
    from basinmap.deliverables.texts import with_texts as with_texts
    from basinmap.deliverables.web_pages import write_web_page as write_web_page
    from basinmap.export.csv_files import write_csv as write_csv
    from basinmap.export.data_packages import write_data_package as write_data_package
    from basinmap.export.document_themes import DocumentTheme as DocumentTheme
    from basinmap.export.document_themes import read_theme as read_theme
    from basinmap.export.flatgeobufs import write_flatgeobuf as write_flatgeobuf
    from basinmap.export.geopackages import write_geopackage as write_geopackage
    from basinmap.export.html_documents import write_html as write_html
    from basinmap.export.parquets import read_parquet as read_parquet
    from basinmap.export.parquets import write_parquet as write_parquet
    from basinmap.export.parts import Cell as Cell
    from basinmap.export.parts import Column as Column
    from basinmap.export.parts import Contents as Contents
    from basinmap.export.parts import Data as Data
    from basinmap.export.parts import Document as Document
    from basinmap.export.parts import Figure as Figure
    from basinmap.export.parts import Heading as Heading
    from basinmap.export.parts import KeyFigure as KeyFigure
    from basinmap.export.parts import KeyFigures as KeyFigures
    from basinmap.export.parts import Legend as Legend
    from basinmap.export.parts import LegendEntry as LegendEntry
    from basinmap.export.parts import Note as Note
    from basinmap.export.parts import Page as Page
    from basinmap.export.parts import Paragraph as Paragraph
    from basinmap.export.parts import Table as Table
    from basinmap.export.pdf_documents import write_pdf as write_pdf
    from basinmap.export.word_documents import write_docx as write_docx
    from basinmap.export.workbooks import write_workbook as write_workbook
    from basinmap.impact.autocorrelation import Autocorrelation as Autocorrelation
    from basinmap.impact.autocorrelation import geary as geary
    from basinmap.impact.autocorrelation import getis_ord as getis_ord
    from basinmap.impact.autocorrelation import hot_spots as hot_spots
    from basinmap.impact.autocorrelation import join_counts as join_counts
    from basinmap.impact.autocorrelation import lisa as lisa
    from basinmap.impact.autocorrelation import moran as moran
    from basinmap.impact.designs import Design as Design
    from basinmap.impact.designs import design as design
    from basinmap.impact.effects import Finding as Finding
    from basinmap.impact.effects import (
        difference_in_differences as difference_in_differences,
    )
    from basinmap.impact.effects import event_study as event_study
    from basinmap.impact.evaluating import Evaluation as Evaluation
    from basinmap.impact.evaluating import evaluation as evaluation
    from basinmap.impact.panels import ring_panel as ring_panel
    from basinmap.impact.robustness import among_towns as among_towns
    from basinmap.impact.robustness import placebo_dates as placebo_dates
    from basinmap.impact.robustness import pre_trends as pre_trends
    from basinmap.impact.robustness import ring_sweep as ring_sweep
    from basinmap.impact.robustness import synthetic_control as synthetic_control
    from basinmap.impact.robustness import trend_bounds as trend_bounds
    from basinmap.impact.segregation import segregation as segregation
    from basinmap.impact.trajectories import Convergence as Convergence
    from basinmap.impact.trajectories import convergence as convergence
    from basinmap.impact.trajectories import growth_split as growth_split
    from basinmap.impact.trajectories import location_quotient as location_quotient
    from basinmap.impact.trajectories import rank_mobility as rank_mobility
    from basinmap.impact.trajectories import resilience as resilience
    from basinmap.impact.trajectories import shift_share as shift_share
    from basinmap.impact.typologies import Typology as Typology
    from basinmap.impact.typologies import typology as typology
    from basinmap.impact.weights import Weights as Weights
    from basinmap.impact.weights import contiguity_weights as contiguity_weights
    from basinmap.impact.weights import distance_weights as distance_weights
    from basinmap.impact.weights import time_weights as time_weights
    from basinmap.impact.weights import weights_of as weights_of
    from basinmap.languages import language as language
    from basinmap.maps.classing.classes import SRU as SRU
    from basinmap.maps.classing.classes import classify as classify
    from basinmap.maps.classing.classes import shared_classes as shared_classes
    from basinmap.maps.grounds.basemap import draw_basemap as draw_basemap
    from basinmap.maps.grounds.geotiffs import write_geotiff as write_geotiff
    from basinmap.maps.grounds.relief import draw_hillshade as draw_hillshade
    from basinmap.maps.layers.area_names import draw_area_names as draw_area_names
    from basinmap.maps.layers.bands import draw_isochrones as draw_isochrones
    from basinmap.maps.layers.bivariate import draw_bivariate as draw_bivariate
    from basinmap.maps.layers.choropleths import draw_choropleth as draw_choropleth
    from basinmap.maps.layers.discontinuities import (
        draw_discontinuities as draw_discontinuities,
    )
    from basinmap.maps.layers.dots import draw_dots as draw_dots
    from basinmap.maps.layers.grids import draw_grid as draw_grid
    from basinmap.maps.layers.grids import draw_surface as draw_surface
    from basinmap.maps.layers.grounds import draw_ground as draw_ground
    from basinmap.maps.layers.hatching import draw_hatching as draw_hatching
    from basinmap.maps.layers.links import draw_links as draw_links
    from basinmap.maps.layers.markers import draw_markers as draw_markers
    from basinmap.maps.layers.names import draw_labels as draw_labels
    from basinmap.maps.layers.outlines import draw_neighbours as draw_neighbours
    from basinmap.maps.layers.outlines import draw_outlines as draw_outlines
    from basinmap.maps.layers.points import draw_points as draw_points
    from basinmap.maps.layers.rasters import draw_raster as draw_raster
    from basinmap.maps.layers.rings import draw_rings as draw_rings
    from basinmap.maps.layers.squares import draw_squares as draw_squares
    from basinmap.maps.layers.symbols import draw_symbols as draw_symbols
    from basinmap.maps.layers.typology import draw_typology as draw_typology
    from basinmap.maps.look.themes import GREY as GREY
    from basinmap.maps.look.themes import HALF_COLUMN as HALF_COLUMN
    from basinmap.maps.look.themes import PRINT as PRINT
    from basinmap.maps.look.themes import Theme as Theme
    from basinmap.maps.look.themes import in_grey as in_grey
    from basinmap.maps.look.themes import with_fonts as with_fonts
    from basinmap.maps.look.vision import check_colors as check_colors
    from basinmap.maps.look.vision import (
        least_color_difference as least_color_difference,
    )
    from basinmap.maps.look.vision import simulate_vision as simulate_vision
    from basinmap.maps.margins.chronicles import draw_event_study as draw_event_study
    from basinmap.maps.margins.exits import draw_exits as draw_exits
    from basinmap.maps.margins.furniture import draw_furniture as draw_furniture
    from basinmap.maps.margins.insets import draw_inset as draw_inset
    from basinmap.maps.margins.insets import draw_locator as draw_locator
    from basinmap.maps.margins.keys import legend_entries as legend_entries
    from basinmap.maps.margins.legends import draw_comparison as draw_comparison
    from basinmap.maps.margins.legends import draw_legend as draw_legend
    from basinmap.maps.margins.logos import draw_logos as draw_logos
    from basinmap.maps.paper.alternatives import alternative_text as alternative_text
    from basinmap.maps.paper.atlases import atlas as atlas
    from basinmap.maps.paper.figures import figure as figure
    from basinmap.maps.paper.layouts import shared_page as shared_page
    from basinmap.maps.paper.pages import page as page
    from basinmap.maps.paper.panels import panels as panels
    from basinmap.measures import Category as Category
    from basinmap.measures import Growth as Growth
    from basinmap.measures import Mean as Mean
    from basinmap.measures import Measure as Measure
    from basinmap.measures import Median as Median
    from basinmap.measures import Ratio as Ratio
    from basinmap.measures import Stock as Stock
    from basinmap.measures import parse_counts as parse_counts
    from basinmap.measures import states_of as states_of
    from basinmap.reports import Report as Report
    from basinmap.secrecy.attacking import Attack as Attack
    from basinmap.secrecy.attacking import attack as attack
    from basinmap.secrecy.folders import check_secrecy as check_secrecy
    from basinmap.secrecy.protecting import Protection as Protection
    from basinmap.secrecy.protecting import protect as protect
    from basinmap.sources.fetching import fetch_cog as fetch_cog
    from basinmap.sources.fetching import fetch_lovac as fetch_lovac
    from basinmap.sources.fetching import fetch_outlines as fetch_outlines
    from basinmap.sources.fetching import fetch_populations as fetch_populations
    from basinmap.sources.fetching import fetch_qpv as fetch_qpv
    from basinmap.sources.fetching import fetch_source as fetch_source
    from basinmap.sources.points import read_points as read_points
    from basinmap.sources.reading import read_source as read_source
    from basinmap.sources.tables import read_table as read_table
    from basinmap.spatial.apportioning import Apportionment as Apportionment
    from basinmap.spatial.apportioning import apportion as apportion
    from basinmap.spatial.coverages import Cleaning as Cleaning
    from basinmap.spatial.coverages import check_coverage as check_coverage
    from basinmap.spatial.coverages import clean_coverage as clean_coverage
    from basinmap.spatial.coverages import dissolve as dissolve
    from basinmap.spatial.coverages import neighbours as neighbours
    from basinmap.spatial.coverages import simplify_coverage as simplify_coverage
    from basinmap.spatial.grids import density as density
    from basinmap.spatial.grids import grid_squares as grid_squares
    from basinmap.spatial.grids import square_grid as square_grid
    from basinmap.spatial.joins import count as count
    from basinmap.spatial.joins import locate as locate
    from basinmap.spatial.lookups import Lookup as Lookup
    from basinmap.spatial.lookups import lookup as lookup
    from basinmap.spatial.nesting import quartier_shares as quartier_shares
    from basinmap.spatial.rasters import zonal as zonal
    from basinmap.spatial.smoothing import smooth as smooth
    from basinmap.speech import speak as speak
    from basinmap.territory.aggregation import aggregate as aggregate
    from basinmap.territory.evolution import compare_dates as compare_dates
    from basinmap.territory.flows import rebase_flows as rebase_flows
    from basinmap.territory.history import cog_codes as cog_codes
    from basinmap.territory.history import cog_events as cog_events
    from basinmap.territory.history import cog_names as cog_names
    from basinmap.territory.history import commune_history as commune_history
    from basinmap.territory.history import guess_vintage as guess_vintage
    from basinmap.territory.levels import check_codes as check_codes
    from basinmap.territory.levels import find_unit as find_unit
    from basinmap.territory.levels import repair_codes as repair_codes
    from basinmap.territory.membership_files import read_memberships as read_memberships
    from basinmap.territory.memberships import lineage as lineage
    from basinmap.territory.memberships import membership as membership
    from basinmap.territory.movements import read_communes as read_communes
    from basinmap.territory.movements import read_movements as read_movements
    from basinmap.territory.naming import Name as Name
    from basinmap.territory.naming import named as named
    from basinmap.territory.outlines import read_outlines as read_outlines
    from basinmap.territory.passages import passage as passage
    from basinmap.territory.perimeters import Perimeter as Perimeter
    from basinmap.territory.perimeters import partition as partition
    from basinmap.territory.perimeters import perimeter as perimeter
    from basinmap.territory.perimeters import user_perimeter as user_perimeter
    from basinmap.territory.places import Place as Place
    from basinmap.territory.places import places as places
    from basinmap.territory.places import town_halls as town_halls
    from basinmap.territory.reading import check_generations as check_generations
    from basinmap.territory.reading import read_units as read_units
    from basinmap.territory.rebasing import join_on_code as join_on_code
    from basinmap.territory.rebasing import rebase as rebase
    from basinmap.territory.territory_files import read_territory as read_territory
    from basinmap.territory.units import communes as communes
    from basinmap.territory.units import departements as departements
    from basinmap.territory.units import epcis as epcis
    from basinmap.territory.units import quartiers as quartiers
    from basinmap.territory.units import scots as scots
    from basinmap.territory.units import statistics as statistics
    from basinmap.values.columns import column as column
    from basinmap.values.columns import describe as describe
    from basinmap.values.columns import table_of as table_of
    from basinmap.values.masking import SecrecyRule as SecrecyRule
    from basinmap.values.masking import secrecy_rules as secrecy_rules
    from basinmap.values.told import Told as Told
    from basinmap.values.told import measures_of as measures_of
    from basinmap.values.told import report_of as report_of
    from basinmap.values.told import told_of as told_of

    LOUVRE_LENS: Place

__all__ = ["__version__", *sorted(_ORIGIN)]  # noqa: PLE0604 - made from _ROOMS


def __getattr__(name: str) -> object:
    """Import the room of a public name when the name is first used."""
    if name in _RENAMED:
        return _renamed(name)
    room = _ORIGIN.get(name)
    if room is None:
        msg = f"module 'basinmap' has no attribute {name!r}"
        raise AttributeError(msg)
    module = importlib.import_module(f"basinmap.{room}")
    value = module if room == name else getattr(module, name)
    globals()[name] = value
    return value


def _renamed(name: str) -> object:
    """Return what an old name stands for, and say the new one."""
    warnings = importlib.import_module("warnings")
    errors = importlib.import_module("basinmap.errors")
    new = _RENAMED[name]
    msg = f"bm.{name} is now bm.{new}; the old name goes with the next version"
    warnings.warn(msg, errors.RenamedWarning, stacklevel=3)
    return getattr(importlib.import_module("basinmap"), new)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted(__all__)
