"""Outlines: how far they are from the ground, where that is said, and finer ones."""

import datetime as dt
import json
import math
import subprocess
import sys
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap import cli
from basinmap.deliverables import housing
from basinmap.deliverables.plates import rate_plate
from basinmap.deliverables.subjects import subject
from basinmap.errors import (
    CodeError,
    CRSError,
    DataError,
    OutlineWarning,
    VintageError,
)
from basinmap.territory.embedded import outlines_known
from basinmap.territory.outlines import surface_caution, surfaces_too_far
from basinmap.values.told import tell


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


SHARED = Path(__file__).parents[2] / "shared/data/reference"
needs_reference = pytest.mark.skipif(not SHARED.exists(), reason="no reference data")
DAY = dt.date(2026, 11, 29)
CALL = "246200364"
NOTE = "Contours généralisés (±\u00a0170\u00a0m)"
# Published by Insee (comparateur de territoires, SUPERF), in hectares.
LENS_HA = 1170.0
MERGED = {"59070": "59006", "62461": "62447", "62549": "62447", "62743": "62447"}


@pytest.fixture(scope="module")
def lens():
    return bm.communes(epci="call")


def bare(frame, **columns):
    """Return outlines as a file has them: codes in a column, nothing said."""
    raw = gpd.GeoDataFrame(
        {"INSEE_COM": frame.index, "NOM": "x", "NOM_M": "X", **columns},
        geometry=frame.geometry.to_numpy(),
        crs=2154,
    )
    raw.attrs = {}
    return raw


def notes(ax):
    return [note for note in ax.notes if note.startswith("Contours généralisés")]


# -- what the frame knows ----------------------------------------------------------


@pytest.mark.parametrize("name", ["communes", "epcis", "scots", "departements"])
def test_a_frame_knows_the_error_of_its_outlines(name):
    frame = getattr(bm, name)()
    assert frame.attrs["outline_error"] == 174
    assert frame.iloc[:1].attrs["outline_error"] == 174
    assert json.loads(json.dumps(frame.attrs))["outline_error"] == 174


def test_the_error_of_an_indicative_quartier_is_its_precision():
    frame = bm.quartiers()
    assert frame.attrs["outline_error"] == frame.loc["sessevalle", "precision_m"]


def test_units_that_are_merged_have_the_error_of_their_outlines(lens):
    assert bm.dissolve(lens, "epci").attrs["outline_error"] == 174


def test_what_is_simplified_away_adds_to_the_error(lens):
    coarse = bm.simplify_coverage(lens, scale=2_000_000, paper_mm=0.05)
    assert coarse.attrs["outline_error"] == 174 + 100
    unknown = lens.copy()
    unknown.attrs = {}
    simple = bm.simplify_coverage(unknown, scale=2_000_000, paper_mm=0.05)
    assert simple.attrs["outline_error"] == 100


def test_a_population_bears_its_year_and_a_surface_its_source(lens):
    stocks = lens.attrs["stocks"]
    assert stocks["population"]["vintage"] == "2023"
    assert stocks["population"]["source"] == "Insee, populations légales 2023"
    assert stocks["area_km2"]["source"].startswith("IGN, ADMIN EXPRESS")
    assert lens["population"].attrs["stocks"] == stocks


@needs_reference
def test_the_error_is_that_which_is_measured_on_finer_outlines():
    file = SHARED / "bassin-minier/communes-mbm.geojson"
    finer = gpd.read_file(file).to_crs(2154).set_index("insee").geometry
    mine = bm.communes().geometry[finer.index]
    away = shapely.hausdorff_distance(mine.array, finer.array)
    known = outlines_known()
    assert len(away) == 330
    assert round(float(np.median(away))) == known["error_m"]
    assert round(float(np.percentile(away, 95))) == known["error_p95_m"]


@needs_reference
def test_the_errors_of_surface_are_those_against_the_published_ones():
    file = SHARED / "comparateur_rp2018/base_cc_comparateur_2018_59_62.CSV"
    table = pd.read_csv(file, sep=";", dtype={"CODGEO": str}).set_index("CODGEO")
    published = table["SUPERF"].groupby(lambda code: MERGED.get(code, code)).sum()
    frame = bm.communes()
    drawn, groups = frame["area_km2"], frame["epci"]
    off = 100 * (drawn / published - 1).abs()
    whole = drawn.groupby(groups).sum() / published.groupby(groups).sum() - 1

    def up(value):
        return math.ceil(round(10 * value, 6)) / 10

    far = {code: round(v, 1) for code, v in (100 * (drawn / published - 1)).items()}
    far = {code: v for code, v in far.items() if off[code] > 10}
    assert far == outlines_known()["surface_far"]
    assert {code: round(v / 100, 6) for code, v in far.items()} == surfaces_too_far()
    off = off.drop(list(far))
    found = {
        epci: {
            "most": up(part.max()),
            "commune": part.idxmax(),
            "whole": up(100 * abs(whole[epci])),
        }
        for epci, part in off.groupby(groups)
    }
    assert found == outlines_known()["surface_errors"]


# -- a page ------------------------------------------------------------------------


def test_a_page_finer_than_its_outlines_warns_and_says_it_at_its_foot():
    with pytest.warns(OutlineWarning, match="170 m off.*1:580,000.*outlines="):
        fig, ax = bm.page(bm.communes().loc[["59574"]], title="Somain", around=2500)
    assert ax.plan.scale == 60_000
    bm.draw_outlines(ax, bm.communes().loc[["59574"]], label="commune")
    bm.draw_furniture(ax, author="Essai", date=DAY)
    foot = [text.get_text() for text in fig.paper.texts]
    assert f"{NOTE}." in foot
    assert f"{NOTE}. " in bm.alternative_text(fig)


def test_what_does_not_show_on_paper_is_not_said(lens):
    with pytest.warns(OutlineWarning):
        _, finer = bm.page(lens, title="x", scale=579_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, coarser = bm.page(lens, title="x", scale=580_000)
        bm.draw_outlines(coarser, lens)
    # 174 m at 1:580,000 are 0.3 mm.
    assert (notes(finer), notes(coarser)) == ([NOTE], [])


def test_layers_on_a_page_of_something_else_are_told_too(lens):
    plain = gpd.GeoDataFrame(geometry=[shapely.box(*lens.total_bounds)], crs=2154)
    _, ax = bm.page(plain, title="x")
    assert notes(ax) == []
    with pytest.warns(OutlineWarning):
        bm.draw_outlines(ax, lens)
    assert notes(ax) == [NOTE]


def test_a_page_warns_once_and_says_the_largest_error(lens):
    coarse = bm.simplify_coverage(lens, scale=2_000_000)
    with pytest.warns(OutlineWarning, match="170 m"):
        _, ax = bm.page(lens, title="x")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bm.draw_outlines(ax, lens)
    with pytest.warns(OutlineWarning, match="270 m"):  # 274 with two figures
        bm.draw_outlines(ax, coarse)
    assert notes(ax) == ["Contours généralisés (±\u00a0270\u00a0m)"]


def test_maps_side_by_side_say_it_once(lens):
    with pytest.warns(OutlineWarning):
        fig, maps = bm.panels({"2016": lens, "2023": lens}, title="x")
    for ax in maps.values():
        bm.draw_outlines(ax, lens, label="commune")
    bm.draw_furniture(maps, author="Essai", date=DAY)
    assert fig.about["Notes"] == f"{NOTE}."


def test_an_inset_has_a_scale_of_its_own():
    frame = bm.communes()
    _, ax = bm.page(frame, title="x", scale=1_200_000)
    bm.draw_outlines(ax, frame)
    assert notes(ax) == []
    area = frame.loc[["62498"]]
    with pytest.warns(OutlineWarning):
        bm.draw_inset(ax, area, lambda inset: bm.draw_outlines(inset, frame))
    assert notes(ax) == [NOTE]


def test_a_locator_is_too_small_for_the_error_to_show(lens):
    fine = lens.copy()
    fine.attrs = {**lens.attrs, "outline_error": 5.0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, ax = bm.page(fine, title="x")
        bm.draw_outlines(ax, fine)
        bm.draw_locator(ax, None, bm.departements())
    assert notes(ax) == []


def test_the_pages_of_an_atlas_say_it(lens, tmp_path):
    said = []

    def fiche(unit):
        fig, ax = bm.page(unit, title=unit["name"].iloc[0], around=2_000)
        bm.draw_outlines(ax, unit, label="commune")
        bm.draw_furniture(ax, author="Essai", date=DAY)
        said.append(fig.about["Notes"])
        return fig

    with pytest.warns(OutlineWarning, match="all sheets") as heard:
        bm.atlas(
            lens.loc[["62498", "62510"]], fiche, path=tmp_path / "a.pdf", title="x"
        )
    assert set(said) == {f"{NOTE}."}
    assert len(heard) == 1


def test_python_prints_the_warning_once_a_process():
    code = (
        "import basinmap as bm\n"
        "for epci in ('call', '245901152'):\n"
        "    units = bm.communes(epci=epci)\n"
        "    fig, ax = bm.page(units, title='x')\n"
        "    bm.draw_outlines(ax, units)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stderr.count("OutlineWarning") == 1


def test_who_asks_for_errors_has_one_for_each_page(lens):
    for _ in range(2):
        with warnings.catch_warnings():
            warnings.simplefilter("error", bm.errors.BasinmapWarning)
            with pytest.raises(OutlineWarning):
                bm.page(lens, title="x")


def test_an_indicative_mark_is_told_as_such_and_not_as_a_generalised_outline(lens):
    _, ax = bm.page(lens, title="x", scale=2_000_000)
    bm.draw_outlines(ax, bm.quartiers().set_geometry(lens.geometry.iloc[:1].array))
    assert not ax.notes
    _, ax = bm.page(lens, title="x")
    with warnings.catch_warnings():
        warnings.simplefilter("error", OutlineWarning)
        bm.draw_outlines(ax, bm.quartiers().set_geometry(lens.geometry.iloc[:1].array))
    said = [note.replace("\u00a0", " ") for note in ax.notes]
    assert "Périmètre indicatif (± 500 m)" in said
    assert "Contours généralisés (± 500 m)" not in said


# -- points and surfaces -----------------------------------------------------------


def test_points_near_a_limit_of_generalised_outlines_are_told():
    wall = shapely.box(680_000, 7_030_000, 690_000, 7_040_000)
    units = gpd.GeoDataFrame(
        geometry=[wall], crs=2154, index=pd.Index(["62498"], name="commune")
    )
    units.attrs = {"outline_error": 174.0}
    x = [680_173.0, 680_175.0, 679_827.0, 679_825.0, 685_000.0]
    points = (x, [7_035_000.0] * 5)
    table, report = bm.count(points, units)
    assert table.loc["62498", "points"] == 3
    said = [text.replace("\u00a0", " ").replace("\u202f", " ") for text in report.notes]
    assert any(text.startswith("Contours généralisés (± 170 m)") for text in said)
    assert "Points à cette distance d'une limite, ou moins : 2 (40,0 %)." in said
    codes = bm.locate(points, units)
    assert codes.attrs["account"]["near_limits"] == 2
    assert codes.attrs["notes"][0].startswith("Contours généralisés")


def test_points_in_outlines_of_unknown_error_are_not_told_anything(lens):
    unknown = lens.copy()
    unknown.attrs = {}
    points = ([685_500.0], [7_037_800.0])
    assert "notes" not in bm.locate(points, unknown).attrs
    assert not any("généralisés" in n for n in bm.count(points, unknown)[1].notes)


def test_quartiers_that_barely_reach_a_commune_are_named(lens):
    border = lens.geometry["62498"].intersection(lens.geometry["62510"])
    place = border.interpolate(0.5, normalized=True)
    inside = lens.geometry["62498"].representative_point()
    frame = gpd.GeoDataFrame(
        geometry=[place.buffer(150), inside.buffer(150)],
        crs=2154,
        index=pd.Index(["bord", "centre"], name="quartier"),
    )
    table, report = bm.quartier_shares(frame, lens)
    minor = table["share_area"].drop("centre").idxmin()
    (told,) = [note for note in report.notes if "tenir à cet écart" in note]
    assert " / ".join(minor) in told
    assert "centre" not in told
    quiet = lens.copy()
    quiet.attrs = {}
    assert not any("écart" in n for n in bm.quartier_shares(frame, quiet)[1].notes)


def test_a_density_tells_the_largest_error_of_the_territory_shown():
    def told(**selection):
        (note,) = bm.compute("D05", bm.statistics(**selection)).attrs["notes"]
        return note.replace("\u202f", " ").replace("\u00a0", " ")

    # 1.84 km² drawn, 3.13 published; 42.20 drawn, 35.67 published.
    assert told(epci="245900428").endswith(
        "8,9 % au plus (Gravelines) ; n.d. : contour trop loin de la superficie "
        "publiée (Grand-Fort-Philippe, Loon-Plage)"
    )
    assert told(epci="call").endswith("4,2 % au plus (Éleu-dit-Leauwette)")
    assert told().endswith(
        "n.d. : contour trop loin de la superficie publiée (5 communes)"
    )


def test_no_density_is_over_a_surface_drawn_too_wrongly():
    people = bm.statistics(epci="245900428")
    density = bm.compute("D05", people)
    gone = {"59272": "not_available", "59359": "not_available"}
    assert bm.told_of(density).states == gone
    assert density.isna().sum() == 2
    # 2 300 or so at Coudekerque-Branche; Grand-Fort-Philippe would have been first.
    assert density.idxmax() == "59155"
    # Of a group that it makes most of, neither; of the EPCI, 0.4 % off, yes.
    zones = pd.Series({"59272": "a", "59131": "b", "59273": "b"}, name="zone")
    by_zone = bm.compute("D05", people.loc[zones.index], to=zones)
    assert bm.told_of(by_zone).states == {"a": "not_available"}
    assert not np.isnan(bm.compute("D05", bm.statistics(), to="epci")["245900428"])


def test_a_published_surface_gives_every_density():
    people = bm.statistics(epci="245900428")
    people["area_km2"] = people["area_km2"].replace(
        people.loc["59272", "area_km2"], 3.13
    )
    given = bm.Stock(label="Superficie", unit="km²", source="Insee, superficie")
    told = {**bm.measures_of(people), "area_km2": given}
    density = bm.compute("D05", tell(people, measures=told))
    # 4 887 people on 3.13 km².
    assert round(density["59272"]) == 1561


def test_what_is_larger_than_a_commune_has_the_error_of_wholes():
    (note,) = bm.compute("D05", bm.statistics(), to="epci").attrs["notes"]
    assert note.endswith("2,1\u202f% au plus")  # Calais
    assert surface_caution([CALL]).endswith("0,2\u202f% au plus")
    assert surface_caution(["80001"]) == ""


def test_a_density_over_published_surfaces_has_no_error_to_tell(lens):
    published = bare(lens, SUPERFICIE=100 * lens["area_km2"].to_numpy())
    table = bm.statistics(epci="call", outlines=published)
    (note,) = bm.compute("D05", table).attrs["notes"]
    assert note == "Superficie : contours fournis"


# -- outlines of the user ----------------------------------------------------------


@pytest.fixture(scope="module")
def express(tmp_path_factory, lens):
    """Return a file laid out as ADMIN EXPRESS: layers, and surfaces in hectares."""
    path = tmp_path_factory.mktemp("ign") / "ADMIN-EXPRESS.gpkg"
    hectares = (100 * lens["area_km2"]).round()
    hectares["62498"] = LENS_HA
    raw = bare(lens, SUPERFICIE=hectares.to_numpy(), SIREN_EPCI=CALL)
    raw.to_file(path, layer="COMMUNE")
    raw.dissolve("SIREN_EPCI").reset_index().to_file(path, layer="EPCI")
    return path


def test_outlines_of_a_file_take_the_place_of_the_embedded_ones(express, lens):
    found = bm.communes(epci="call", outlines=express)
    assert list(found.columns) == list(lens.columns)
    assert found.index.equals(lens.index)
    assert found["name"].equals(lens["name"])
    assert found.geometry.geom_equals_exact(lens.geometry, 0.01).all()
    assert found.loc["62498", "area_km2"] == LENS_HA / 100
    assert found.attrs["sources"][0] == "ADMIN-EXPRESS.gpkg"
    assert not any("généralisés" in line for line in found.attrs["sources"])
    assert "outline_error" not in found.attrs
    stock = found.attrs["stocks"]["area_km2"]
    assert stock["source"] == "ADMIN-EXPRESS.gpkg"


def test_outlines_of_unknown_error_make_no_note_and_a_known_one_does(express):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = bm.communes(epci="call", outlines=express)
        _, ax = bm.page(found, title="x")
        bm.draw_outlines(ax, found)
    assert notes(ax) == []
    rough = bm.communes(epci="call", outlines=express, outline_error=50)
    with pytest.warns(OutlineWarning, match="50 m off"):
        _, ax = bm.page(rough, title="x")  # 1:120,000: 0.42 mm
    assert notes(ax) == ["Contours généralisés (±\u00a050\u00a0m)"]
    fine = bm.communes(epci="call", outlines=express, outline_error=30)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bm.page(fine, title="x")  # 0.25 mm


def test_the_levels_above_are_merged_from_the_outlines_given(express, lens):
    ground = bm.read_outlines(express, outline_error=4, source="IGN")
    found = bm.epcis(epci="call", outlines=ground)
    embedded = bm.epcis(epci="call")
    assert list(found.columns) == list(embedded.columns)
    assert found.geometry.iloc[0].symmetric_difference(
        embedded.geometry.iloc[0]
    ).area == pytest.approx(0, abs=1)
    area = (100 * lens["area_km2"]).round() / 100
    area["62498"] = LENS_HA / 100
    assert found.loc[CALL, "area_km2"] == pytest.approx(area.sum())
    assert found.attrs["outline_error"] == 4
    assert found.attrs["sources"][0] == "IGN"


@pytest.mark.parametrize("name", ["communes", "epcis", "scots", "departements"])
def test_whole_levels_may_stand_on_other_outlines(name):
    given = bm.communes()[["geometry"]]
    given.attrs = {}
    found = getattr(bm, name)(outlines=given)
    assert found.index.equals(getattr(bm, name)().index)
    assert found["area_km2"].to_numpy() == pytest.approx(
        getattr(bm, name)()["area_km2"].to_numpy(), rel=1e-6
    )
    assert "outline_error" not in found.attrs


def test_the_order_and_the_dress_of_outlines_change_nothing(lens):
    expected = bm.read_outlines(bare(lens))
    shuffled = bare(lens).sample(frac=1, random_state=1)
    for given in (
        shuffled,
        shuffled.set_index("INSEE_COM"),
        shuffled.set_index("INSEE_COM").rename_axis("commune"),
        shuffled.rename_geometry("geom"),
        shuffled.to_crs(4326),
        bm.read_outlines(shuffled),
    ):
        found = bm.read_outlines(given)
        assert found.index.equals(expected.index)
        assert found.geometry.geom_equals_exact(expected.geometry, 0.01).all()
        assert found["area_km2"].to_numpy() == pytest.approx(
            expected["area_km2"].to_numpy(), rel=1e-6
        )


@pytest.mark.parametrize("name", ["superficie_cadastrale", "SUPERF", "surface_km2"])
@pytest.mark.parametrize("unit", [1, 100, 1e6])
def test_the_unit_of_a_published_surface_is_found(lens, name, unit):
    given = bare(lens, **{name: unit * lens["area_km2"].to_numpy() * 1.01})
    found = bm.read_outlines(given)
    assert found["area_km2"].to_numpy() == pytest.approx(
        1.01 * lens["area_km2"].to_numpy()
    )


def test_a_surface_that_is_absent_is_measured_and_said(lens):
    given = bare(lens, superficie=lens["area_km2"].to_numpy() * 1.01)
    given.loc[given["INSEE_COM"] == "62498", "superficie"] = np.nan
    found = bm.read_outlines(given)
    assert found.loc["62498", "area_km2"] == pytest.approx(
        lens.loc["62498", "area_km2"], rel=1e-6
    )
    assert any("(1 : 62498)" in note for note in bm.report_of(found).notes)


@pytest.mark.parametrize(
    ("surfaces", "told"),
    [
        (lambda area: np.full(len(area), 1e-9), "is no surface in km²"),
        (
            lambda area: np.where(area == area.max(), 3 * area, area),
            "not those of their",
        ),
        # What a slip of the keyboard makes of one commune.
        (lambda area: np.where(area == area.max(), 1.9 * area, area), "90 % off"),
    ],
)
def test_surfaces_that_cannot_be_are_refused(lens, surfaces, told):
    given = bare(lens, superficie=surfaces(lens["area_km2"].to_numpy()))
    with pytest.raises(DataError, match=f"'superficie'.*{told}.*drop"):
        bm.read_outlines(given)


def halves(frame, code, other):
    """Return the outlines of a list where a commune was two."""
    shape = frame.geometry[code]
    x0, y0, x1, y1 = shape.bounds
    west = shapely.box(x0, y0, (x0 + x1) / 2, y1)
    parts = {code: shape.intersection(west), other: shape.difference(west)}
    rest = frame.geometry.drop(code)
    both = pd.concat([rest, gpd.GeoSeries(parts, crs=2154)])
    found = gpd.GeoDataFrame(geometry=both, crs=2154).rename_axis("commune")
    # The neighbours get the ends of the new border.
    shapes = shapely.coverage_clean(found.geometry.array)
    return found.set_geometry(gpd.GeoSeries(shapes, found.index, crs=2154))


@pytest.fixture(scope="module")
def before_2025():
    return halves(bm.communes(departement="59"), "59006", "59070")


def test_outlines_of_an_earlier_list_say_what_became_of_their_communes(before_2025):
    with pytest.raises(
        VintageError,
        match=r"'59070'.*59070 → 59006 since.*year=2024\).*bm\.rebase\(table, "
        r"from_year=2024",
    ):
        bm.communes(departement="59", outlines=before_2025)


def test_communes_merged_since_the_year_that_is_stated_are_merged(before_2025):
    ground = bm.read_outlines(before_2025, year=2024)
    expected = bm.communes(departement="59")
    assert ground.index.equals(expected.index)
    gap = ground.geometry["59006"].symmetric_difference(expected.geometry["59006"])
    assert gap.area < 1
    assert any("L'Orée de Mormal" in note for note in bm.report_of(ground).notes)


def test_the_old_outline_of_a_commune_that_grew_is_refused():
    # What some packages ship: Hesdin under the code of Hesdin-la-Forêt.
    given = bm.communes(departement="62")[["geometry"]].copy()
    given.attrs = {}
    old = given.geometry["62447"].representative_point().buffer(300)
    given.loc["62447", "geometry"] = old
    with pytest.raises(DataError, match=r"less than 80 %.*'62447'.*year=2024"):
        bm.read_outlines(given)


def test_a_merged_commune_must_be_whole(before_2025):
    with pytest.raises(DataError, match=r"'59006 lacks 59070'.*add them"):
        bm.read_outlines(before_2025.drop("59070"), year=2024)


def test_outlines_of_a_list_that_was_divided_since_are_refused():
    # Verquigneul left Béthune in 2008.
    frame = bm.communes(epci="200072460").drop("62847")[["geometry"]]
    frame.attrs = {}
    with pytest.raises(VintageError, match=r"'62119'.*a later year"):
        bm.read_outlines(frame, year=2000)


def test_communes_without_outline_are_counted_and_the_cure_is_typed(express):
    with pytest.raises(DataError, match=rf"1498 of 1534.*ADMIN-EXPRESS.*epci='{CALL}'"):
        bm.communes(outlines=express)
    with pytest.raises(DataError, match="1498 of 1534"):
        bm.epcis(outlines=express)
    with pytest.raises(DataError, match=r"14 of 50.*'62249'"):
        bm.communes(scot="lens-lievin-henin-carvin", outlines=express)
    with pytest.raises(DataError, match="no outline"):
        bm.statistics(outlines=express)


def shifted(frame):
    """Return outlines joined row by row to codes in another order."""
    return frame.set_geometry(
        gpd.GeoSeries(frame.geometry.array[::-1], frame.index, crs=2154)
    )


@pytest.mark.parametrize(
    ("spoil", "error", "told"),
    [
        (lambda f: f.rename({"62498": "62999"}), CodeError, "'62999'.*drop them"),
        (lambda f: f.rename({"62498": "6249"}), CodeError, "6249"),
        (lambda f: f.set_crs(None, allow_override=True), CRSError, "no CRS"),
        (lambda f: pd.concat([f, f.iloc[:1]]), DataError, "more than once"),
        (
            lambda f: f.set_geometry(f.buffer(20)),
            DataError,
            r"36 commune\(s\) overlap.*bm\.clean_coverage\(units",
        ),
        (lambda f: f.set_geometry(f.centroid), DataError, "no polygon"),
        (shifted, DataError, "km from the commune of their code.*by code"),
    ],
)
def test_outlines_that_cannot_be_are_refused(lens, spoil, error, told):
    given = lens[["geometry"]]
    given.attrs = {}
    with pytest.raises(error, match=told):
        bm.communes(epci="call", outlines=spoil(given))


def test_ground_of_nobody_between_communes_is_refused(lens):
    given = lens[["geometry"]].copy()
    given.attrs = {}
    # A hole of 100 m at a corner of three communes.
    corner = next(
        shapely.Point(p)
        for p in given.geometry["62498"].exterior.coords
        if (given.distance(shapely.Point(p)) < 0.01).sum() == 3
    )
    holed = given.difference(corner.buffer(50))
    with pytest.raises(DataError, match=r"leave gaps.*'62498'"):
        bm.read_outlines(given.set_geometry(holed))


def swapped(frame):
    shapes = frame.geometry.copy()
    shapes["62498"], shapes["62510"] = frame.geometry["62510"], frame.geometry["62498"]
    return shapes


def alone(change):
    """Change the outline of Lens."""

    def spoil(frame):
        shapes = frame.geometry.copy()
        shapes["62498"] = change(shapes["62498"])
        return shapes

    return spoil


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        # 8.83 km² for 11.72.
        (alone(lambda lens: lens.buffer(-200)), "less than 80 %.*'62498'"),
        (alone(lambda lens: lens.buffer(-20)), r"1 hole\(s\).*'62498'"),
        (
            alone(lambda s: s.difference(s.representative_point().buffer(500))),
            r"1 hole\(s\), 0.78 km².*'62498'",
        ),
        (swapped, r"beside the commune of their code: '62498', '62510'"),
        (lambda f: f.translate(1_900, 0), r"36 outline\(s\) lie beside the commune"),
    ],
)
def test_ground_that_is_not_that_of_the_communes_is_refused(lens, spoil, told):
    given = lens[["geometry"]].copy()
    given.attrs = {}
    with pytest.raises(DataError, match=told):
        bm.read_outlines(given.set_geometry(spoil(given)))


@pytest.mark.parametrize("code", ["62498", "62510", "59272", "59367"])
def test_an_outline_alone_has_to_be_where_and_what_its_commune_is(code):
    given = bm.communes().loc[[code], ["geometry"]]
    given.attrs = {}
    assert bm.read_outlines(given).index.tolist() == [code]
    for wrong in (given.translate(1_900, 0), given.scale(0.85, 0.85)):
        with pytest.raises(DataError, match=rf"1 outline\(s\).*'{code}'"):
            bm.read_outlines(given.set_geometry(wrong))


def test_a_hole_is_explained_by_the_communes_that_are_not_given_only(lens):
    given = lens[["geometry"]].drop("62498")
    given.attrs = {}
    assert len(bm.read_outlines(given)) == 35
    # Lens is not there, and no more is what lies within 700 m of a point of its limit.
    border = lens.geometry["62498"].intersection(lens.geometry["62510"])
    disc = border.interpolate(0.5, normalized=True).buffer(700)
    cut = shapely.coverage_clean(given.difference(disc).array)
    spoilt = given.set_geometry(gpd.GeoSeries(cut, given.index, crs=2154))
    with pytest.raises(DataError, match=r"1 hole\(s\).*'62510'"):
        bm.read_outlines(spoilt)


@needs_reference
def test_finer_outlines_of_330_communes_are_let_through_with_their_surfaces():
    file = SHARED / "bassin-minier/communes-mbm.geojson"
    finer = gpd.read_file(file).to_crs(2154).set_index("insee")
    clean, _ = bm.clean_coverage(finer[["geometry"]], snap=20, gap_width=60)
    found = bm.read_outlines(
        clean.assign(surface_km2=finer["surface_km2"]), outline_error=5
    )
    assert len(found) == 330
    assert not any("5\u202f%" in note for note in bm.report_of(found).notes)


@needs_reference
def test_published_surfaces_of_generalised_outlines_are_told_beyond_five_per_cent():
    file = SHARED / "comparateur_rp2018/base_cc_comparateur_2018_59_62.CSV"
    table = pd.read_csv(file, sep=";", dtype={"CODGEO": str}).set_index("CODGEO")
    published = table["SUPERF"].groupby(lambda code: MERGED.get(code, code)).sum()
    units = bm.communes().assign(superficie=published)[["superficie", "geometry"]]
    found = bm.read_outlines(units)
    assert found.loc["59272", "area_km2"] == 3.13  # Grand-Fort-Philippe, 1.85 drawn
    assert any("Superficie publiée à plus de 5" in n for n in bm.report_of(found).notes)


def test_a_missing_commune_is_no_gap(lens):
    assert len(bm.read_outlines(lens[["geometry"]].drop("62498"))) == 35


@pytest.mark.parametrize("given", [3, None, ["a"]])
def test_what_is_no_outline_is_refused(given):
    with pytest.raises(
        (DataError, TypeError), match=told_or_typed("path of a vector file")
    ):
        bm.read_outlines(given)


@pytest.mark.parametrize("error", [-1, math.nan, math.inf, "5", True])
def test_an_error_of_outlines_is_metres(express, error):
    told = (DataError, bm.errors.ArgumentError)
    with pytest.raises(told, match="outline_error"):
        bm.read_outlines(express, outline_error=error)
    with pytest.raises(told, match="outline_error"):
        bm.read_units("communes.gpkg", "commune", outline_error=error)


def test_whoever_reads_a_file_says_how_far_its_outlines_are(tmp_path):
    path = tmp_path / "lens.geojson"
    bm.communes(epci="call").loc[["62498", "62510"]].to_crs(4326).to_file(path)
    assert "outline_error" not in bm.read_units(path, "commune").attrs
    units = bm.read_units(path, "commune", source="Mission", outline_error=10)
    assert units.attrs["outline_error"] == 10
    assert bm.told_of(units).sources == ("Mission",)
    # It goes on to what is made of them.
    assert bm.dissolve(units, units["name"].rename("zone")).attrs["outline_error"] == 10
    clean, _ = bm.clean_coverage(units)
    assert bm.read_outlines(clean).attrs["outline_error"] == 10


def test_an_error_that_is_no_length_is_refused_wherever_it_is_read(lens):
    wrong = lens.copy()
    wrong.attrs = {**lens.attrs, "outline_error": "170 m"}
    point = ([685_500.0], [7_037_800.0])
    for verb in (
        lambda: bm.page(wrong, title="x"),
        lambda: bm.locate(point, wrong),
        lambda: bm.count(point, wrong),
        lambda: bm.simplify_coverage(wrong, scale=1_000_000),
        lambda: bm.read_outlines(wrong),
    ):
        with pytest.raises(DataError, match=r"outline_error='170 m'.*metres"):
            verb()


def test_the_error_of_embedded_outlines_is_not_for_the_user_to_say():
    with pytest.raises(DataError, match="add outlines="):
        bm.communes(outline_error=5)


def test_a_file_of_another_place_is_refused(lens):
    away = bare(lens).assign(INSEE_COM=[f"80{n:03}" for n in range(1, 37)])
    with pytest.raises(CodeError, match="none of its 36 communes"):
        bm.read_outlines(away)


def test_a_surface_of_outlines_is_for_communes(express):
    with pytest.raises(DataError, match="leave it out for IRIS"):
        bm.statistics("iris", outlines=express)


# -- documents ---------------------------------------------------------------------


def document(tmp_path, monkeypatch, **options):
    plate = next(p for p in housing.PLATES if p.slug == "04-densite")
    monkeypatch.setattr(housing, "PLATES", (plate,))
    monkeypatch.setattr(housing, "FORMATS", ("svg",))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        given = {"date": DAY, "formats": (), "quiet": True, **options}
        folder = bm.plh("call", out=tmp_path / "out", **given)
    drawn = (folder / "04-densite.svg").read_text(encoding="utf-8")
    method = (folder / "methode.md").read_text(encoding="utf-8")
    return drawn, method, json.loads((folder / "manifest.json").read_text("utf-8"))


def test_a_document_on_embedded_outlines_says_their_error_and_does_not_warn(
    tmp_path, monkeypatch
):
    drawn, method, manifest = document(tmp_path, monkeypatch)
    assert NOTE in drawn
    assert "- Contours généralisés : 174 m d'écart médian" in method
    assert "moins de 268 m pour 95 % des communes" in method
    assert "4,2\u202f% au plus (Éleu-dit-Leauwette)" in method
    assert manifest["outlines"] is None


def test_a_document_stands_on_the_outlines_given_for_what_they_hold(
    express, tmp_path, monkeypatch
):
    _, method, manifest = document(tmp_path, monkeypatch, outlines=express)
    assert "- Contours : ADMIN-EXPRESS.gpkg." in method
    assert "qu'ils ne contiennent pas en entier : IGN" in method
    assert "- Densité. Superficie : ADMIN-EXPRESS.gpkg." in method
    assert manifest["outlines"] == ["ADMIN-EXPRESS.gpkg"]
    data = gpd.read_file(tmp_path / "out/donnees.gpkg", layer="communes")
    lens = data.set_index("commune").loc["62498"]
    assert lens["area_km2"] == LENS_HA / 100


def test_a_document_whose_outlines_hold_everything_credits_no_other():
    given = bm.communes()[["geometry"]]
    given.attrs = {"sources": ("IGN, fichier",)}
    ground = bm.read_outlines(given)
    about = subject("call", author="Essai", date=DAY, outlines=ground)
    fig = rate_plate(about, indicator_id="L04", reading="{where}, {value}")
    told = fig.about["Sources"].replace("\xa0", " ").split(" ; ")
    data = [one for one in told if not one.startswith("fond")]
    assert not any("contours généralisés" in one for one in data)
    assert "IGN, fichier" in data
    assert "Contours généralisés" not in fig.about["Notes"]


def test_the_command_line_takes_outlines(express, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(housing, "PLATES", ())
    out = tmp_path / "out"
    words = ["plh", "--epci", "call", "--out", out, "--outlines", express, "--quiet"]
    words += ["--formats", "web"]  # which is made in any case
    assert cli.main([str(word) for word in words]) == 0
    assert "Contours : ADMIN-EXPRESS.gpkg" in (out / "methode.md").read_text("utf-8")
    words += ["--outlines-source", "IGN, ADMIN EXPRESS", "--outlines-year", 2025]
    assert cli.main([str(word) for word in words]) == 0
    assert "Contours : IGN, ADMIN EXPRESS." in (out / "methode.md").read_text("utf-8")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--outlines", "absent.gpkg"], "no file 'absent.gpkg'"),
        (["--outlines", "FILE", "--epci", "245901152"], "20 of 20 commune(s)"),
        (["--outlines", "FILE", "--outlines-year", "1900"], "no list of communes"),
    ],
)
def test_outlines_that_do_not_serve_are_told_in_one_line(
    express, tmp_path, capsys, options, told
):
    given = [str(express) if word == "FILE" else word for word in options]
    words = ["plh", "--epci", "call", "--out", str(tmp_path / "out"), *given]
    assert cli.main([*words, "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert told in said
    assert not (tmp_path / "out").exists()


def test_the_data_command_tells_the_error_of_outlines(capsys):
    cli.main(["data", "--lang", "en"])
    assert "outlines 174 m off (median), 268 m for 95 %" in capsys.readouterr().out


def test_what_is_indicative_is_dashed_unless_it_is_said_how():
    lens = bm.communes(epci="245901152")
    _, ax = bm.page(lens, title="CA Cœur d'Ostrevent")
    mark = bm.quartiers()
    bm.draw_outlines(ax, mark, label="repère")
    bm.draw_outlines(ax, mark, label="autre", dashes=(6, 1), color="#b3123f")
    bm.draw_outlines(ax, lens, label="commune", color="#123fb3")
    drawn = {c.get_label(): c.get_linestyle()[0][1] for c in ax.collections}
    assert drawn["repère"]
    assert drawn["autre"]
    assert drawn["repère"] != drawn["autre"]
    assert not drawn["commune"]
    lines = [line for entry in bm.legend_entries(ax) for line in entry.lines]
    assert len(lines) == 3
    keys = {
        swatch.label: swatch.dashes for block in ax.blocks for swatch in block.swatches
    }
    assert keys == {"repère": (3.0, 2.0), "autre": (6.0, 1.0), "commune": ()}


def test_outlines_of_unknown_precision_are_told_where_it_may_show():
    lens = bm.communes(epci="call")
    own = lens.copy()
    own.attrs = {k: v for k, v in lens.attrs.items() if k != "outline_error"}
    told = "Contours : précision non communiquée"
    _, near = bm.page(own.loc[["62498"]], title="Lens", scale=60_000)
    assert told in near.notes
    _, far = bm.page(own, title="CA de Lens-Liévin", scale=200_000)
    assert told not in far.notes
    own.attrs["outline_error"] = 10.0
    _, known = bm.page(own.loc[["62498"]], title="Lens", scale=60_000)
    assert list(known.notes) == [
        "Contours\u00a0: ±\u00a010\u00a0m (précision déclarée)"
    ]
    # Around them are the embedded ones, whichever comes first.
    bm.draw_neighbours(known, bm.epcis())
    both = (
        "Contours\u00a0: ±\u00a010\u00a0m (précision déclarée), ailleurs généralisés "
        "(±\u00a0170\u00a0m)"
    )
    assert list(known.notes) == [both]
    _, late = bm.page(lens.loc[["62498"]], title="Lens", scale=60_000)
    bm.draw_outlines(late, own)
    assert list(late.notes) == [both]
    own.attrs["outline_error"] = 50.0
    with pytest.warns(bm.errors.OutlineWarning, match="50 m off"):
        _, coarse = bm.page(own.loc[["62498"]], title="Lens", scale=60_000)
    assert list(coarse.notes) == ["Contours généralisés (±\u00a050\u00a0m)"]
    disc = own.loc[["62498"]].rename_axis("isochrone")
    disc.attrs = {}
    _, made = bm.page(disc, title="À dix minutes", scale=60_000)
    assert told not in made.notes
