"""
The public names, by the question that they answer: what `help(basinmap)` lists.

A name is added to one question here, and to its room in `basinmap/__init__.py`.
"""

from __future__ import annotations

import textwrap
from typing import Final, NamedTuple

__all__ = ["QUESTIONS", "Question", "index"]


class Question(NamedTuple):
    """
    A question that one comes with.

    Attributes
    ----------
    title
        In a word or two.
    french
        The same, in French.
    about
        What is asked.
    names
        The public names that answer, in the order of use.
    """

    title: str
    french: str
    about: str
    names: tuple[str, ...]


def _question(title: str, french: str, about: str, names: str) -> Question:
    return Question(title, french, about, tuple(names.split()))


QUESTIONS: Final = (
    _question(
        "Where am I",
        "Où suis-je",
        "Communes, EPCI, SCoT, quartiers and places; who was in what, and when.",
        """
        communes epcis scots departements quartiers find_unit named Name
        perimeter user_perimeter Perimeter partition membership lineage
        commune_history cog_codes cog_names cog_events guess_vintage
        check_codes repair_codes places Place LOUVRE_LENS town_halls
        """,
    ),
    _question(
        "Read",
        "Lire",
        "A file, a table, outlines; or what a producer publishes, on request.",
        """
        statistics read_source read_table read_points read_units read_territory
        read_outlines read_memberships read_communes read_movements read_parquet
        fetch_source fetch_outlines fetch_populations fetch_cog fetch_qpv fetch_lovac
        parse_counts check_generations report_of Report errors language speak testing
        """,
    ),
    _question(
        "Count",
        "Compter",
        "Points in units, units in others that do not nest, pixels, squares.",
        """
        locate count lookup Lookup apportion Apportionment quartier_shares zonal
        density square_grid grid_squares smooth dissolve neighbours
        check_coverage clean_coverage Cleaning simplify_coverage
        """,
    ),
    _question(
        "Reach",
        "Atteindre",
        "What lies within a distance, or within minutes, of a place.",
        """
        rings reach not_reached read_network read_layer Network write_network
        street_speeds travel_times isochrones read_travel_times read_isochrones
        fetch_network fetch_gtfs fetch_travel_times fetch_isochrones catchment Decay
        inequality read_gtfs Timetable Walking transit_times departures served_area
        valhalla_tiles valhalla_times valhalla_isochrones
        """,
    ),
    _question(
        "Compute",
        "Calculer",
        "An indicator from its counts, at any level, in the list of any year.",
        """
        indicators compute fragile_groups count_leases aggregate rebase rebase_flows
        passage
        join_on_code Measure Stock Ratio Mean Growth Median Category
        column table_of describe told_of Told measures_of states_of
        """,
    ),
    _question(
        "Compare",
        "Comparer",
        "A unit beside those that hold it; dates, paths and kinds of territories.",
        """
        compare compare_dates typology Typology growth_split shift_share
        location_quotient convergence Convergence rank_mobility resilience
        segregation
        """,
    ),
    _question(
        "Protect",
        "Protéger",
        "What may not be published, and what would let it be found again.",
        """
        protect Protection attack Attack check_secrecy secrecy_rules SecrecyRule
        """,
    ),
    _question(
        "Class",
        "Classer",
        "Classes of values, and colours that everyone tells apart.",
        """
        classify shared_classes SRU check_colors least_color_difference simulate_vision
        """,
    ),
    _question(
        "Page",
        "Mettre en page",
        "A sheet in millimetres, at a true scale; several maps; an atlas; a look.",
        """
        page panels atlas shared_page figure Theme PRINT GREY HALF_COLUMN in_grey
        with_fonts
        """,
    ),
    _question(
        "Layers",
        "Dessiner",
        "One function a way of drawing, from the ground to the names.",
        """
        draw_basemap draw_ground draw_neighbours draw_outlines draw_choropleth
        draw_bivariate draw_typology draw_hatching draw_symbols draw_squares
        draw_dots draw_points draw_markers draw_links draw_discontinuities
        draw_rings draw_isochrones draw_grid draw_surface draw_raster
        draw_hillshade draw_area_names draw_labels
        """,
    ),
    _question(
        "Margins",
        "Habiller",
        "Legend, comparison, insets, exits, logos, and the foot of the map.",
        """
        draw_legend draw_comparison draw_event_study draw_inset draw_locator
        draw_exits draw_logos draw_furniture legend_entries alternative_text
        """,
    ),
    _question(
        "Save",
        "Remettre",
        "Files that others open: spreadsheets, GIS, programs, a browser.",
        """
        write_workbook write_csv write_geopackage write_qgis_project map_styles
        write_flatgeobuf write_parquet write_data_package write_web_page
        write_geotiff
        """,
    ),
    _question(
        "Evaluate",
        "Évaluer",
        "Did what is near a place change otherwise? Are neighbours alike?",
        """
        evaluation Evaluation design Design ring_panel difference_in_differences
        event_study Finding pre_trends placebo_dates ring_sweep among_towns
        synthetic_control trend_bounds moran geary getis_ord lisa hot_spots
        join_counts Autocorrelation contiguity_weights distance_weights
        time_weights weights_of Weights
        """,
    ),
    _question(
        "Documents",
        "Publier",
        "Whole documents: PLH, CIL, bulletins, the yearly deliverable; one's own.",
        """
        plh cil pic scot_observatory scot_comparison build_project init_project studies
        subject Subject plh_document cil_document pic_document bulletin_document
        comparison_document write_document write_pdf write_docx write_html
        DocumentTheme read_theme read_texts text_keys with_texts
        read_plates OwnPlate with_plates read_balance Balance read_sectors
        read_estates Estates read_landlords Landlords
        read_attendance Study read_studies Question read_questions
        bar_chart line_chart stacked_bars age_pyramid peer_strips range_strips
        Document Page Heading Paragraph Figure Legend LegendEntry Table Column
        Cell KeyFigures KeyFigure Note Contents Data
        """,
    ),
)


def index(width: int = 79) -> str:
    """
    Return the public names by question, as text.

    Parameters
    ----------
    width
        Of a line, in characters.
    """
    parts = []
    for asked in QUESTIONS:
        names = textwrap.fill(
            ", ".join(asked.names),
            width,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
        )
        parts.append(f"{asked.title}: {asked.about}\n{names}")
    return "\n\n".join(parts)
