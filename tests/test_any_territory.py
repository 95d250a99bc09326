"""Any territory of France: its list of communes in place of the embedded one."""

import datetime as dt
import time
import warnings
from contextlib import nullcontext
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import (
    BasinmapError,
    BasinmapWarning,
    CodeError,
    DataError,
    VintageError,
)
from basinmap.spatial.coverages import dissolve
from basinmap.territory.aggregation import check_table
from basinmap.territory.france import DEPARTEMENTS, REGIONS, region_of
from basinmap.territory.lists import listed
from basinmap.values.told import fact_of, measures_of, told_of

REFERENCE = Path(__file__).parents[2] / "shared/data"
LISTS = REFERENCE / "reference"
TERNOIS = "200069672"
AMIENS, ABBEVILLE = "248000531", "200070993"
SIDE = 2_500.0
HEAD = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT"


def plain(text):
    return str(text).replace("\u202f", " ").replace("\u00a0", " ")


def squares(codes, *, wide=30):
    """Return adjoining squares, one a commune: outlines of an invented Somme."""
    west, south = 600_000.0, 6_950_000.0
    places = [(west + SIDE * (n % wide), south + SIDE * (n // wide)) for n in codes]
    return [shapely.box(x, y, x + SIDE, y + SIDE) for x, y in places]


def sirens(count):
    """Return an EPCI for each commune: the first 300, the next 400, then none."""
    numbers = np.arange(count)
    return np.select([numbers < 300, numbers < 700], [AMIENS, ABBEVILLE], "NC")


def admin_express(count=780):
    """Return communes and EPCI as the layers of ADMIN EXPRESS COG 3."""
    numbers = range(1, count + 1)
    communes = gpd.GeoDataFrame(
        {
            "ID": [f"COMMUNE_{n:016}" for n in numbers],
            "NOM": ["Amiens" if n == 21 else f"Village {n}" for n in numbers],
            "NOM_M": [f"VILLAGE {n}" for n in numbers],
            "INSEE_COM": [f"80{n:03}" for n in numbers],
            "STATUT": "Commune simple",
            "POPULATION": [100 * n for n in numbers],
            "INSEE_CAN": "01",
            "INSEE_ARR": ["1" if n % 2 else "2" for n in numbers],
            "INSEE_DEP": "80",
            "INSEE_REG": "32",
            "SIREN_EPCI": sirens(count),
        },
        geometry=squares(range(count)),
        crs=2154,
    )
    epcis = pd.DataFrame(
        {
            "ID": ["EPCI____1", "EPCI____2"],
            "CODE_SIREN": [AMIENS, ABBEVILLE],
            "NOM": ["CA Amiens Métropole", "CA de la Baie de Somme"],
            "NATURE": ["Communauté d'agglomération"] * 2,
        }
    )
    return communes, epcis


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Return a GeoPackage in the layout of ADMIN EXPRESS."""
    path = tmp_path_factory.mktemp("ign") / "ADE-COG_3-2_GPKG_LAMB93_2024.gpkg"
    communes, epcis = admin_express()
    communes.to_file(path, layer="commune")
    outlines = communes.dissolve("SIREN_EPCI").loc[[AMIENS, ABBEVILLE], ["geometry"]]
    gpd.GeoDataFrame(epcis, geometry=list(outlines.geometry), crs=2154).to_file(
        path, layer="epci"
    )
    return path


@pytest.fixture(scope="module")
def somme(package):
    return bm.read_territory(package)


@pytest.fixture
def homes(somme):
    """Return counts of dwellings of the census, eight in a hundred of them vacant."""
    numbers = np.arange(1, len(somme) + 1)
    table = pd.DataFrame(
        {"dwellings_2022": 100.0 * numbers, "vacant_dwellings_2022": 8.0 * numbers},
        index=somme.index,
    )
    stock = {"unit": "logements", "vintage": "2022", "geography": "2024", "family": "P"}
    table.attrs["measures"] = {
        "dwellings_2022": bm.Stock(label="Logements", source="Insee, RP", **stock),
        "vacant_dwellings_2022": bm.Stock(
            label="Logements vacants", source="Insee, RP", **stock
        ),
    }
    return table


def sum_to(last, first=1):
    return (last * (last + 1) - first * (first - 1)) // 2


# -- what a list is ------------------------------------------------------------------


def test_admin_express_is_read_by_the_names_of_its_columns(somme):
    assert len(somme) == 780
    assert somme.index.name == "commune"
    told = ["name", "epci", "epci_name", "epci_nature", "arrondissement"]
    assert somme.loc["80021", told].tolist() == [
        "Amiens",
        AMIENS,
        "CA Amiens Métropole",
        "CA",
        "801",
    ]
    assert somme.loc["80021", ["departement", "region"]].tolist() == ["80", "32"]
    assert somme["epci"].isna().sum() == 80
    assert somme["population"].sum() == 100 * sum_to(780)
    # No surface is published in it: that of a square of 2.5 km, within 0.2 %.
    assert somme["area_km2"].between(6.23, 6.27).all()
    assert somme.crs.to_epsg() == 2154


def test_a_list_says_what_it_is(somme, package):
    told = told_of(somme)
    assert (told.level, told.geography) == ("commune", "2024-01-01")
    assert told.sources == (package.name,)
    measures = measures_of(somme)
    assert measures["population"].unit == "habitants"
    assert measures["area_km2"].geography == "2024"
    notes = " ".join(map(plain, bm.report_of(somme).notes))
    assert "2 EPCI ; 80 commune(s) hors EPCI" in notes


def test_the_columns_of_admin_express_4_are_known_too(tmp_path):
    communes, _ = admin_express(4)
    renamed = {
        "ID": "cleabs",
        "NOM": "nom_officiel",
        "NOM_M": "nom_officiel_en_majuscules",
        "INSEE_COM": "code_insee",
        "STATUT": "statut",
        "POPULATION": "population",
        "INSEE_CAN": "code_insee_du_canton",
        "INSEE_ARR": "code_insee_de_l_arrondissement",
        "INSEE_DEP": "code_insee_du_departement",
        "INSEE_REG": "code_insee_de_la_region",
        "SIREN_EPCI": "codes_siren_des_epci",
    }
    communes = communes.rename(columns=renamed)
    communes["code_siren"] = "218000016"
    communes["superficie_cadastrale"] = 620
    communes["codes_siren_des_epci"] = [
        AMIENS,
        f"200054781/{AMIENS}",
        f"{AMIENS}/{ABBEVILLE}",
        None,
    ]
    path = tmp_path / "commune.gpkg"
    communes.to_file(path)
    found = bm.read_territory(path, year=2025, outline_error=5, source="IGN")
    # The Grand Paris holds other groupings; of two others none can be chosen.
    assert found["epci"].fillna("").tolist() == [AMIENS, "200054781", "", ""]
    assert found["area_km2"].tolist() == [6.2] * 4
    assert told_of(found).sources == ("IGN",)
    assert fact_of(found, "outline_error") == 5.0
    notes = " ".join(bm.report_of(found).notes)
    assert "plusieurs groupements, laissées sans EPCI (1 : 80003)" in notes


def v_commune(folder, codes, year=2025):
    """Write a list of communes in the layout of Insee."""
    path = folder / f"v_commune_{year}.csv"
    rows = [f"COM,{c},32,{c[:2]},,{c[:2]}1,1,V,V,Village {c[2:]},,," for c in codes]
    # The same code stands as a commune déléguée too.
    rows.append(f"COMD,{codes[0]},,,,,1,V,V,Village,,{codes[0]}")
    rows = [row.rstrip(",") + "," * (11 - row.rstrip(",").count(",")) for row in rows]
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    return path


def composition(folder, epci, year=2025):
    """Write a composition of EPCI in the layout of the DGCL."""
    path = folder / f"epcicom{year}.csv"
    rows = [f"80,{siren},CA {siren[-3:]},CA,{code}" for code, siren in epci.items()]
    head = "dept,siren,raison_sociale,nature_juridique,insee"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def test_the_lists_of_insee_need_no_outlines(tmp_path):
    codes = [f"80{n:03}" for n in range(1, 11)]
    epci = dict.fromkeys(codes[:6], AMIENS) | dict.fromkeys(codes[6:9], ABBEVILLE)
    with pytest.warns(BasinmapWarning, match="leaves out 1 of the 10.*'80010'"):
        found = bm.read_territory(
            v_commune(tmp_path, codes), epcis=composition(tmp_path, epci)
        )
    assert not isinstance(found, gpd.GeoDataFrame)
    assert found["epci"].value_counts().to_dict() == {AMIENS: 6, ABBEVILLE: 3}
    assert found.loc["80010", "epci"] is None or pd.isna(found.loc["80010", "epci"])
    assert found.loc["80001", ["epci_name", "arrondissement"]].tolist() == [
        "CA 531",
        "801",
    ]
    with pytest.raises(DataError, match=r"has no outlines.*outlines='communes\.gpkg'"):
        bm.epcis(communes=found)
    table = pd.DataFrame({"homes": np.arange(1.0, 11.0)}, found.index)
    sums, report = bm.aggregate(
        table, "epci", measures={"homes": bm.Stock()}, communes=found
    )
    assert sums["homes"].to_dict() == {AMIENS: 21, ABBEVILLE: 24}
    assert report.unmatched == ("80010",)


def test_outlines_join_the_lists_of_insee(tmp_path):
    codes = [f"80{n:03}" for n in range(1, 11)]
    ground, _ = admin_express(12)
    found = bm.read_territory(v_commune(tmp_path, codes), outlines=ground)
    assert found.geom_type.eq("Polygon").all()
    assert len(found) == 10
    with pytest.raises(DataError, match=r"5 of 10 commune\(s\) have no outline"):
        bm.read_territory(v_commune(tmp_path, codes), outlines=ground.head(5))


def test_the_files_of_two_departements_are_read_as_insee_writes_them():
    path = LISTS / "cog/v_commune_2024_59_62.csv"
    if not path.is_file():
        pytest.skip("no list of Insee at hand")
    found = bm.read_territory(
        path, epcis=LISTS / "epci_dgcl/com_epci_dep_reg_2024_59_62.csv"
    )
    assert len(found) == 1538
    assert found["epci"].value_counts()["246200364"] == 36
    assert found.loc["62498", "epci_name"] == "CA de Lens - Liévin"
    # What is told of 2024 is told of its codes: Amfroipret was still there.
    members = bm.membership("epci", communes=found)
    assert (
        members["59070"]
        == bm.membership("epci", date="2024-01-01", vintage=None)["59070"]
    )


def test_outlines_of_another_list_serve_with_its_codes():
    path = REFERENCE / "registry/communes_59_62_cog2024_datafrance0150.gpkg"
    if not path.is_file():
        pytest.skip("no communes of 2024 at hand")
    # Brought to Lambert-93 as a coverage first: the file is in degrees.
    raw = bm.read_units(path, "commune", repair=True)
    clean, _ = bm.clean_coverage(raw, snap=20, gap_width=60)
    found = bm.read_territory(clean, year=2024)
    assert len(found) == 1538
    units = bm.epcis(communes=found, epci="CA de Lens-Liévin")
    assert units["communes"].tolist() == [36]


# -- it serves wherever the embedded one does ------------------------------------------


def test_communes_and_epcis_are_those_of_the_list(somme):
    assert len(bm.communes(communes=somme, epci="Amiens Métropole")) == 300
    assert len(bm.communes(communes=somme, departement="80")) == 780
    units = bm.epcis(communes=somme)
    assert units.index.tolist() == [ABBEVILLE, AMIENS]
    assert units["communes"].tolist() == [400, 300]
    assert units["population"].tolist() == [100 * sum_to(700, 301), 100 * sum_to(300)]
    assert units.loc[AMIENS, ["name", "nature"]].tolist() == [
        "CA Amiens Métropole",
        "CA",
    ]
    assert units.area.sum() == pytest.approx(700 * SIDE**2)
    assert told_of(units).geography == "2024-01-01"
    whole = bm.departements(communes=somme)
    assert whole.loc["80", ["name", "communes"]].tolist() == ["Somme", 780]


def test_perimeters_are_those_of_the_list(somme):
    for name in (AMIENS, "CA Amiens Métropole", "amiens metropole"):
        found = bm.perimeter(name, communes=somme)
        assert (found.code, len(found.communes), found.vintage) == (AMIENS, 300, 2024)
    assert len(bm.perimeter("80", communes=somme).communes) == 780
    assert bm.perimeter("somme", communes=somme).code == "80"
    assert len(bm.perimeter("802", communes=somme).communes) == 390
    with pytest.raises(CodeError, match=r"'Amiens' alone.*'248000531' \(CA Amiens"):
        bm.perimeter("Amiens", communes=somme)
    with pytest.raises(CodeError, match=r"list given.*2024.*2 epci.*1 departement"):
        bm.perimeter("nowhere", communes=somme)


def test_a_perimeter_of_ones_own_is_among_the_list(somme):
    found = bm.user_perimeter(
        "coeur", ["80021", "Village 22"], name="Cœur", source="agence", among=somme
    )
    assert (found.communes, found.vintage) == (("80021", "80022"), 2024)
    with pytest.raises(CodeError, match=r"no commune '62498' in the list given"):
        bm.user_perimeter("a", ["62498"], name="A", source="b", among=somme)


def test_membership_is_what_the_list_tells(somme):
    assert bm.membership("epci", communes=somme).value_counts().to_dict() == {
        ABBEVILLE: 400,
        AMIENS: 300,
    }
    assert set(bm.membership("region", communes=somme)) == {"32"}
    with pytest.raises(DataError, match=r"has no column 'scot'.*Series from commune"):
        bm.membership("scot", communes=somme)
    own = bm.read_territory(somme.assign(scot="baie-de-somme"))
    assert set(bm.membership("scot", communes=own)) == {"baie-de-somme"}


def test_sums_and_rates_of_the_somme(somme, homes):
    sums, report = bm.aggregate(homes, "epci", communes=somme)
    assert sums["dwellings_2022"].to_dict() == {
        AMIENS: 100 * sum_to(300),
        ABBEVILLE: 100 * sum_to(700, 301),
    }
    assert not sums.columns.str.endswith("_state").any()
    assert len(report.unmatched) == 80
    assert told_of(sums).geography == "2024-01-01"
    rates = bm.compute("L04", homes, to="epci", communes=somme)
    assert rates.round(9).to_dict() == {AMIENS: 8.0, ABBEVILLE: 8.0}
    assert told_of(rates).title == "Taux de vacance des logements en 2022"
    assert bm.compute("L04", homes, to="departement", communes=somme)["80"] == 8.0
    followed, _ = bm.compare_dates(
        homes, "epci", columns="dwellings_2022", communes=somme
    )
    assert followed.loc[AMIENS, "dwellings_2022"] == 100 * sum_to(300)


def test_a_rate_by_commune_needs_no_list(homes):
    rates = bm.compute("L04", homes)
    assert rates.round(9).eq(8.0).all()
    table = homes.copy()
    table["vacant_dwellings_2022"] = table["vacant_dwellings_2022"].mask(
        table.index == "80021"
    )
    with pytest.raises(CodeError, match=r"'59999' never stood for a commune"):
        bm.compute("L04", table.rename(index={"80021": "59999"}))


def test_a_partition_is_the_list_of_what_there_is(somme, homes):
    zones = somme["epci"].rename("zone")
    sums, report = bm.aggregate(homes, zones)
    assert sums["dwellings_2022"].to_dict() == {
        AMIENS: 100 * sum_to(300),
        ABBEVILLE: 100 * sum_to(700, 301),
    }
    assert report.partial == {}
    # Nothing says that a list without a code of ours is of 2026.
    assert told_of(sums).geography == ""
    assert measures_of(sums)["dwellings_2022"].geography == "2024"
    with pytest.warns(
        BasinmapWarning, match=r"couvre 299 communes sur 300, sans 80021"
    ):
        short, _ = bm.aggregate(homes.drop("80021"), zones)
    assert short.loc[AMIENS, "dwellings_2022_state"] == "lower_bound"


def test_a_partition_of_other_codes_is_refused(homes):
    zones = pd.Series("a", pd.Index(["62498", "62510"], name="commune"), name="zone")
    with pytest.raises(CodeError, match=r"partition: none of its 2.*'62498'.*'80001'"):
        bm.aggregate(homes, zones)


def test_an_iris_goes_where_a_partition_of_iris_says():
    index = pd.Index(["800210101", "800210102", "800210103"], name="iris")
    table = pd.DataFrame({"homes": [1.0, 2.0, 4.0]}, index)
    towns = pd.Series(index.str[:5], index, name="commune")
    sums, _ = bm.aggregate(table, towns, measures={"homes": bm.Stock()})
    assert sums["homes"].to_dict() == {"80021": 7.0}
    with pytest.raises(CodeError, match=r"3 IRIS unknown in Nord and Pas-de-Calais"):
        bm.aggregate(table, "commune", measures={"homes": bm.Stock()})


def test_people_reached_are_counted_on_the_communes_of_the_list(somme):
    place = somme.geometry["80375"].centroid
    area = gpd.GeoDataFrame(
        geometry=[place.buffer(6_000)], index=pd.Index(["near"], name="ring"), crs=2154
    )
    found = bm.reach(area, somme, sums=["population"], rule="area")
    # Of the squares of the first rows, what the disc holds.
    inside = somme.intersection(area.geometry.iloc[0]).area / SIDE**2
    assert found.loc["near", "population"] == pytest.approx(
        (inside * somme["population"]).sum(), rel=1e-6
    )


def test_a_density_is_over_the_surface_of_the_list(somme):
    people = pd.DataFrame({"population_2022": somme["population"]})
    found = bm.compute("D05", people, to="epci", communes=somme)
    ground = bm.epcis(communes=somme)
    expected = ground["population"] / ground["area_km2"]
    pd.testing.assert_series_equal(found, expected, check_names=False, rtol=1e-9)
    assert "surface des contours fournis" in told_of(found).notes[0]


def test_a_map_of_the_somme_is_drawn_without_a_word(somme, homes, tmp_path):
    units = bm.epcis(communes=somme)
    rates = bm.compute("L04", homes, communes=somme)
    varied = bm.describe(
        rates + np.arange(len(rates)) / 100,
        label="Taux de vacance",
        unit="%",
        kind="ratio",
        decimals=1,
        sources=("Insee, RP 2022",),
    )
    fig, ax = bm.page(somme, title="Vacance dans la Somme")
    classes = bm.classify(varied, k=4)
    bm.draw_choropleth(ax, somme, classes)
    bm.draw_outlines(ax, units)
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Agence", date=dt.date(2026, 11, 29))
    fig.savefig(tmp_path / "somme.png")
    assert (tmp_path / "somme.png").stat().st_size > 10_000
    assert classes.notna().all()


# -- whole territories -----------------------------------------------------------------


@pytest.fixture(scope="module")
def three():
    """Return Nord, Pas-de-Calais, and the one commune of the Somme in the Ternois."""
    near = bm.communes()[["name", "epci"]]
    away = pd.DataFrame({"name": ["Frohen"], "epci": [TERNOIS]}, ["80810"])
    table = pd.concat([pd.DataFrame(near), away]).rename_axis("commune")
    return bm.read_territory(table, year=2026)


def counts_of(codes):
    table = pd.DataFrame({"homes": 2.0, "empty": 1.0}, pd.Index(codes, name="commune"))
    table.attrs["measures"] = {
        "homes": bm.Stock(),
        "empty": bm.Stock(),
        "vacancy": bm.Ratio(numerator="empty", denominator="homes", scale=100),
    }
    return table


def test_the_ternois_is_whole_where_the_list_holds_its_commune_of_the_somme(three):
    found, report = bm.aggregate(counts_of(three.index), "epci", communes=three)
    assert found.loc[TERNOIS].tolist() == [206.0, 103.0, 50.0]
    assert report.partial == {}
    # Without it, it is not: that it is there is known.
    rest = three.drop("80810")
    with pytest.warns(BasinmapWarning, match="couvre 102 communes sur 103, sans 80810"):
        found, report = bm.aggregate(counts_of(rest.index), "epci", communes=rest)
    assert pd.isna(found.loc[TERNOIS, "vacancy"])
    assert report.partial == {TERNOIS: ("80810",)}


def test_a_partition_may_cross_the_border(three):
    zones = three["epci"].where(three["epci"] == TERNOIS).dropna().rename("epci")
    found, report = bm.aggregate(counts_of(zones.index), zones)
    assert found.loc[TERNOIS, "vacancy"] == 50.0
    assert report.partial == {}
    short = zones.drop("80810")
    found, _ = bm.aggregate(counts_of(short.index), short)
    assert found.loc[TERNOIS, "homes_state"] == "lower_bound"


def test_the_somme_alone_is_not_the_ternois(three):
    somme = three.loc[["80810"]]
    with pytest.raises(DataError, match=r"no unit of level 'epci' is whole.*sans"):
        bm.aggregate(counts_of(somme.index), "epci", communes=somme)
    with pytest.warns(BasinmapWarning, match=r"1 unit\(s\) are not whole in the list"):
        assert bm.perimeter(TERNOIS, communes=somme).communes == ("80810",)


def test_a_selection_of_rows_is_no_whole(somme, homes):
    rows = somme.loc[somme.index < "80200"]
    table = homes.loc[rows.index]
    with pytest.raises(DataError, match=r"couvre 199 communes sur 300, sans 101 hors"):
        bm.aggregate(table, "epci", communes=rows)
    part, _ = bm.aggregate(table, "epci", communes=rows, allow_partial=True)
    assert "sans 101 hors de la liste" in plain(told_of(part).remarks[AMIENS])
    with pytest.raises(DataError, match="no unit of level 'departement' is whole"):
        bm.aggregate(table, "departement", communes=rows)


def test_a_departement_of_all_france_knows_what_it_cuts(tmp_path):
    codes = [f"80{n:03}" for n in range(1, 6)] + ["76001", "76002"]
    epci = dict.fromkeys(codes[:3], AMIENS) | dict.fromkeys(codes[3:], ABBEVILLE)
    found = bm.read_territory(
        v_commune(tmp_path, codes),
        epcis=composition(tmp_path, epci),
        departement="80",
    )
    assert len(found) == 5
    notes = " ".join(map(plain, bm.report_of(found).notes))
    assert f"EPCI en partie hors de la liste (1 : {ABBEVILLE} (2 sur 4))" in notes
    table = counts_of(found.index)
    with pytest.warns(BasinmapWarning, match="couvre 2 communes sur 4, sans 2 hors"):
        sums, _ = bm.aggregate(table, "epci", communes=found)
    assert sums.loc[AMIENS, "vacancy"] == 50.0
    assert pd.isna(sums.loc[ABBEVILLE, "vacancy"])
    with pytest.raises(CodeError, match=r"département 'Somme': did you mean '80'"):
        bm.read_territory(v_commune(tmp_path, codes), departement="Somme")


def test_a_list_that_is_cut_short_is_no_departement(tmp_path):
    codes = [f"80{n:03}" for n in range(1, 31)]
    epci = dict.fromkeys(codes[:10], AMIENS) | dict.fromkeys(codes[10:], ABBEVILLE)
    found = bm.read_territory(
        v_commune(tmp_path, codes[:12]), epcis=composition(tmp_path, epci)
    )
    with pytest.raises(
        DataError, match=r"Somme \(80\) couvre 12.*sur 30, sans 18 hors"
    ):
        bm.aggregate(counts_of(found.index), "departement", communes=found)
    path = v_commune(tmp_path, codes)
    path.write_text(path.read_text(encoding="utf-8")[:-60], encoding="utf-8")
    with pytest.raises(DataError, match=r"1 line\(s\) are cut short.*line 31: fetch"):
        bm.read_territory(path)


def test_figures_of_a_part_of_an_epci_are_lower_bounds(somme):
    rows = somme.loc[somme.index < "80200"]
    with pytest.warns(BasinmapWarning, match="couvre 199 communes sur 300"):
        units = bm.epcis(communes=rows)
    assert units.loc[AMIENS, "population_state"] == "lower_bound"
    assert units.loc[AMIENS, "population"] == 100 * sum_to(199)
    assert "population_state" not in bm.epcis(communes=somme)


def test_a_region_is_whole_with_all_its_departements(three):
    with pytest.raises(DataError, match="sans celles des autres départements"):
        bm.aggregate(counts_of(three.index), "region", communes=three)
    codes = ["2A001", "2A004", "2B002"]
    corse = pd.DataFrame({"name": codes}, pd.Index(codes, name="commune"))
    corse = bm.read_territory(corse, year=2026)
    found, _ = bm.aggregate(counts_of(codes), "region", communes=corse)
    assert found.loc["94"].tolist() == [6.0, 3.0, 50.0]


def test_the_departements_are_101_in_18_regions():
    assert (len(DEPARTEMENTS), len(REGIONS)) == (101, 18)
    assert sum(region_of(code) == "32" for code in DEPARTEMENTS) == 5


def test_a_list_that_is_read_again_tells_the_same(somme):
    again = bm.read_territory(somme)
    pd.testing.assert_frame_equal(pd.DataFrame(again), pd.DataFrame(somme))
    assert told_of(again).sources == told_of(somme).sources
    assert measures_of(again) == measures_of(somme)
    assert fact_of(again, "whole") == fact_of(somme, "whole")
    # Rows of it are still known to be some.
    rows = bm.read_territory(bm.communes(communes=somme, epci=AMIENS))
    assert fact_of(rows, "whole")["departement"] == {"80": 780}


def test_a_list_of_2024_takes_tables_and_draws_maps_of_2024():
    codes = sorted(bm.cog_codes(2024))
    names = pd.DataFrame({"name": codes}, pd.Index(codes, name="commune"))
    given = bm.read_territory(names, year=2024)
    table = pd.DataFrame(
        {"dwellings_2022": 100.0, "vacant_dwellings_2022": np.arange(1538) / 20},
        given.index,
    )
    rates = bm.compute("L04", table, communes=given)
    assert told_of(rates).geography == "2024-01-01"
    # Not one of its codes is a stranger, though four are no commune of 2026.
    assert bm.classify(rates, k=3).notna().all()
    assert bm.compute("L04", table, to="departement", communes=given).notna().all()


def test_a_partition_of_2024_is_of_2024():
    zones = pd.Series("mormal", ["59006", "59070"], name="zone")
    table = counts_of(zones.index)
    table.attrs["measures"] = {"homes": bm.Stock(geography="2024")}
    found, _ = bm.aggregate(table, zones)
    assert found["homes"].to_dict() == {"mormal": 4.0}
    assert told_of(found).geography == "2024-01-01"


def test_a_partition_of_2024_lacks_what_its_epci_held_in_2024():
    codes = pd.Index(["59006", "59070"], name="commune")
    pays = bm.membership("epci", date="2024-01-01", vintage=None).reindex(codes)
    table = counts_of(codes)
    table.attrs["measures"] = {"homes": bm.Stock(geography="2024")}
    found, report = bm.aggregate(table, pays, allow_partial=True)
    assert "2 communes sur 53" in plain(report.notes[0])
    assert told_of(found).geography == "2024-01-01"
    table.attrs.clear()
    with pytest.raises(CodeError, match=r"partition: 1 code.*'59070' joined '59006'"):
        bm.aggregate(table, pays, measures={"homes": bm.Stock()})


def test_a_partition_named_after_a_level_lacks_what_the_list_holds_besides(
    somme, homes
):
    some = homes.index.drop("80021")
    with pytest.warns(
        BasinmapWarning, match=r"couvre 299 communes sur 300, sans .*80021"
    ):
        short, _ = bm.aggregate(homes.loc[some], somme["epci"][some], communes=somme)
    assert short.loc[AMIENS, "dwellings_2022_state"] == "lower_bound"
    zones = somme["epci"][some].rename("zone")
    own, report = bm.aggregate(homes.loc[some], zones, communes=somme)
    assert report.partial == {}
    assert own["dwellings_2022"].to_dict() == short["dwellings_2022"].to_dict()


def test_an_iris_without_a_unit_is_lacking_from_what_its_partition_claims():
    table = bm.statistics("iris")[["population_2021"]]
    lens = table[table.index.str.startswith("62498")]
    town = pd.Series("62498", lens.index[1:], name="commune")
    with pytest.raises(DataError, match=r"Lens \(62498\) couvre 16 IRIS sur 17"):
        bm.aggregate(lens.iloc[1:], town)
    zone, _ = bm.aggregate(lens.iloc[1:], town.rename("zone"))
    assert zone.index.tolist() == ["62498"]


def test_a_day_of_the_year_of_the_list_is_text_or_a_date(somme, homes):
    for day in (dt.date(2024, 6, 30), "2024-06-30"):
        sums, _ = bm.aggregate(homes, "epci", communes=somme, date=day)
        assert told_of(sums).geography == "2024-06-30"
        rates = bm.compute("L04", homes, to="epci", communes=somme, date=day)
        assert told_of(rates).date == "2024-06-30"
        found = bm.membership("epci", date=day, communes=somme)
        assert found["80021"] == AMIENS
    with pytest.raises(VintageError, match=r"date='2025-06-30': .* in 2024 only"):
        bm.aggregate(homes, somme["epci"], communes=somme, date=dt.date(2025, 6, 30))


def test_a_published_median_is_read_on_the_list_that_is_given():
    codes = sorted(bm.cog_codes(2024))
    names = pd.DataFrame({"name": codes}, pd.Index(codes, name="commune"))
    given = bm.read_territory(names, year=2024)
    table = pd.DataFrame({"median_living_standard_2021": 20_000.0}, given.index)
    table.attrs["measures"] = {
        "median_living_standard_2021": bm.Median(geography="2024-01-01")
    }
    found = bm.compute("R01", table, communes=given)
    assert len(found) == 1538
    assert found.notna().all()
    # Of 2026, what merged since is no more, and what took it in is not the same.
    now = bm.compute("R01", table)
    assert len(now) == 1534
    assert pd.isna(now["59006"])


def test_flows_go_between_the_communes_of_a_list(somme):
    table = pd.DataFrame(
        [("80021", "80021", 50), ("80021", "75056", 3), ("75056", "80021", 4)],
        columns=["origin", "destination", "movers_2022"],
    )
    epci = somme.loc["80021", "epci"]
    found = bm.compute("D12", table, to="epci", communes=somme)
    assert found.to_dict() == {("ailleurs", epci): 4, (epci, "ailleurs"): 3}
    with pytest.raises(CodeError, match=r"'80999'.*communes=bm.read_territory"):
        bm.compute("D12", table.replace("80021", "80999"), communes=somme)


def test_communes_of_a_list_are_merged_whole_or_told(somme):
    epci = somme["epci"].value_counts().index[0]
    every = somme[somme["epci"] == epci].assign(n=1.0)
    asked = {"measures": {"n": bm.Stock()}, "communes": somme}
    whole = dissolve(every, "epci", **asked)
    assert whole["n"].to_dict() == {epci: len(every)}
    assert "n_state" not in whole
    with pytest.raises(DataError, match="no unit of level 'epci' is whole"):
        dissolve(every[1:], "epci", **asked)


def test_a_density_without_a_surface_is_not_available():
    people = pd.DataFrame(
        {"population_2022": [10.0, 20.0]}, pd.Index(["80021", "62498"], name="commune")
    )
    found = bm.compute("D05", people)
    assert told_of(found).states == {"80021": "not_available"}
    assert found["62498"] > 0


# -- what is refused, and what to type -----------------------------------------------


def test_codes_are_told_against_the_list_that_is_given(somme, homes):
    table = homes.rename(index={"80021": "80999"})
    with pytest.raises(
        CodeError, match=r"1 code\(s\) are no commune of the list given"
    ):
        bm.aggregate(table, "epci", communes=somme)
    with pytest.raises(CodeError, match=r"Pas-de-Calais in 2026.*read_territory\(path"):
        bm.aggregate(homes, "epci")
    with pytest.raises(CodeError, match=r"commune code '8021'.*'08021'"):
        bm.compute("L04", homes.rename(index={"80021": "8021"}))


def test_a_commune_that_merged_is_told_by_its_history(three):
    with pytest.raises(CodeError, match=r"'59070' joined '59006'.*bm\.rebase\(table"):
        bm.aggregate(counts_of(["59070", "62498"]), "epci", communes=three)


def test_counts_of_another_year_of_the_list_are_sent_to_rebase(three):
    table = counts_of(["59006"])
    table.attrs["measures"] = {"homes": bm.Stock(geography="2024")}
    with pytest.raises(VintageError, match=r"geography of 2024.*bm\.rebase"):
        bm.aggregate(table, "epci", communes=three)


def test_a_list_is_of_one_year(somme, homes):
    with pytest.raises(VintageError, match=r"in 2024 only; leave date out"):
        bm.aggregate(homes, "epci", communes=somme, date="2026-01-01")
    with pytest.raises(VintageError, match=r"tells one year; leave communes out"):
        bm.compare_dates(
            homes,
            "epci",
            columns="dwellings_2022",
            perimeter="current",
            communes=somme,
        )
    with pytest.raises(VintageError, match="write it as"):
        bm.membership("epci", communes=somme, date="2024")


def test_what_is_no_list_is_refused(somme):
    with pytest.raises(TypeError, match=r"communes: of type dict .* pass a table"):
        bm.membership("epci", communes={})
    with pytest.raises(DataError, match=r"DataFrame indexed by 'epci'"):
        bm.membership("epci", communes=pd.DataFrame(index=pd.Index([], name="epci")))
    with pytest.raises(DataError, match="the list is empty"):
        bm.membership("epci", communes=somme.head(0))
    bare = pd.DataFrame({"epci": [AMIENS]}, pd.Index(["80021"], name="commune"))
    with pytest.raises(VintageError, match=r"of which year.*year=2026"):
        bm.membership("epci", communes=bare)
    with pytest.raises(DataError, match=r"memberships= and communes= both"):
        bm.membership("epci", communes=somme, memberships=bare)
    with pytest.raises(VintageError, match=r"vintage=2026: the list given.*2024"):
        bm.communes(communes=somme, vintage=2026)
    without = somme.drop(columns=["epci", "epci_name"])
    with pytest.raises(DataError, match=r"no column 'epci'.*epcis=…"):
        bm.membership("epci", communes=without)
    with pytest.raises(DataError, match=r"outlines= is for the embedded"):
        bm.epcis(communes=somme, outlines="communes.gpkg")


def test_a_file_that_cannot_be_the_list_says_why(tmp_path, package):
    with pytest.raises(DataError, match="no file"):
        bm.read_territory(tmp_path / "v_commune_2025.csv")
    (tmp_path / "epci_2025.xlsx").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"epcis='epci_2025\.xlsx'"):
        bm.read_territory(tmp_path / "epci_2025.xlsx")
    codes = [f"80{n:03}" for n in range(1, 31)]
    path = v_commune(tmp_path, codes).rename(tmp_path / "communes.csv")
    with pytest.raises(VintageError, match="write year=2026"):
        bm.read_territory(path)
    with pytest.raises(VintageError, match=r"epcicom2024\.csv: EPCI of 2024 for the"):
        bm.read_territory(
            path, year=2025, epcis=composition(tmp_path, {"80001": AMIENS}, 2024)
        )
    with pytest.raises(VintageError, match=r"is of other communes.*'80099'"):
        bm.read_territory(
            v_commune(tmp_path, codes),
            epcis=composition(tmp_path, dict.fromkeys([*codes, "80099"], AMIENS)),
        )
    odd = pd.DataFrame({"epci": ["CA"]}, pd.Index(["80001"], name="commune"))
    with pytest.raises(CodeError, match=r"1 EPCI in column 'epci' are no SIREN.*'CA'"):
        bm.read_territory(odd, year=2025)
    with pytest.raises(DataError, match=r"has outlines already"):
        bm.read_territory(package, outlines=package)
    with pytest.raises(DataError, match="outline_error is that of outlines"):
        bm.read_territory(path, year=2025, outline_error=5)


def corrupted(text, seed):
    """Return a file as it comes after an accident."""
    rng = np.random.default_rng(seed)
    lines = text.splitlines(keepends=True)
    at = int(rng.integers(1, len(text)))
    lost = int(rng.integers(0, 4))
    without = [line.strip().split(",") for line in lines]
    without = [",".join(p[:lost] + p[lost + 1 :]) + "\n" for p in without]
    variants = [
        text[:at].encode(),
        text.replace(",", ";").encode(),
        text.encode("utf-16"),
        b"<html><body>404</body></html>",
        b"",
        "".join(lines + lines[5:9]).encode(),
        "".join(without).encode(),
        "".join(lines[: 1 + at % len(lines)]).encode(),
    ]
    return variants[seed % len(variants)]


@pytest.mark.parametrize("seed", range(48))
def test_a_corrupted_list_is_never_another_list(tmp_path, seed):
    codes = [f"80{n:03}" for n in range(1, 41)]
    epci = dict.fromkeys(codes[:15], AMIENS) | dict.fromkeys(codes[15:], ABBEVILLE)
    files = [v_commune(tmp_path, codes), composition(tmp_path, epci)]
    hit = files[seed // 8 % 2]
    hit.write_bytes(corrupted(hit.read_text(encoding="utf-8"), seed))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = bm.read_territory(files[0], epcis=files[1])
        except BasinmapError:
            return
    # What is there is right; what is not there is told.
    known = found["epci"].dropna()
    assert known.to_dict() == {code: epci[code] for code in known.index}
    assert len(known) == len(found) or said
    assert len(found) == 40 or fact_of(found, "whole")["departement"] == {"80": 40}


def test_a_list_of_ours_of_another_year_is_told(tmp_path):
    path = v_commune(tmp_path, ["59006", "59070"], year=2026)
    with pytest.raises(VintageError, match=r"no commune on 1 January 2026: '59070'"):
        bm.read_territory(path)


# -- the embedded list is the default ------------------------------------------------


def test_the_embedded_list_given_as_a_list_tells_the_same():
    given = bm.communes()
    table = bm.statistics()
    for level in ("epci", "scot", "arrondissement", "departement", "bassin"):
        ours, said = bm.aggregate(table, level)
        # A list of one's own can be made whole: of the Ternois, it is said.
        with (
            pytest.warns(BasinmapWarning, match="Ternois")
            if level == "epci"
            else nullcontext()
        ):
            theirs, also = bm.aggregate(table, level, communes=given)
        pd.testing.assert_frame_equal(ours, theirs)
        assert set(said.partial) == set(also.partial), level


def test_the_embedded_list_has_a_name():
    assert listed(None).title == "Nord and Pas-de-Calais in 2026"
    check_table(bm.statistics(), "epci")


# -- all France -----------------------------------------------------------------------


def france(count):
    """Return as many invented communes in the 96 départements of the mainland."""
    heads = [code for code in DEPARTEMENTS if len(code) == 2 and code not in "59 62"]
    codes = [f"{heads[n % 94]}{1 + n // 94:03}" for n in range(count)]
    epci = [f"24{n % 94:02}00{n // 94 // 30:03}" for n in range(count)]
    frame = pd.DataFrame({"name": codes, "epci": epci}, codes).rename_axis("commune")
    return bm.read_territory(frame, year=2026)


def test_all_france_is_added_up_in_linear_time():
    spent = {}
    for count in (8_750, 35_000):
        territory = france(count)
        table = counts_of(territory.index)
        start = time.process_time()
        found, report = bm.aggregate(table, "epci", communes=territory)
        spent[count] = time.process_time() - start
        assert found["homes"].sum() == 2.0 * count
        assert report.partial == {}
    # Four times as many communes: sixteen times as long if it were quadratic.
    assert spent[35_000] < 9 * max(spent[8_750], 0.05)
