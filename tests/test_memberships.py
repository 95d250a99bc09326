"""EPCI of any year: lists of Insee and the DGCL read, checked, used by the verbs."""

import csv
import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
import xlsxwriter

import basinmap as bm
from basinmap.errors import BasinmapWarning, CodeError, DataError, VintageError
from basinmap.territory.memberships import gaps_of, members_on, runs


def told_or_typed(message):
    """Match the words of the verb, or those of the door that all share."""
    return rf"{message}|is of no use here; pass"


REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "data" / "reference"
LISTS = REFERENCE / "epci_dgcl"
shared = pytest.mark.skipif(not LISTS.is_dir(), reason="shared files are elsewhere")

LENS, HENIN, LIEVIN, SOMAIN = "62498", "62427", "62510", "59574"
CALL, CAHC, OSTREVENT = "246200364", "246200299", "245901152"
# Rows of the file of 2008, whose columns and values are those of the producer.
HEAD_2008 = (
    "siren;nom;nature;fiscalite;ptot;pmun;pcap;nb_com;insee;nom_com;ptot_com;pmun_com;"
    "pcap_com"
)


def line_2008(siren, name, code, commune):
    return f"{siren};{name};CA;TPU;256000;252000;4000;36;{code};{commune};100;99;1"


def of_year(year):
    """Return every commune of a year with an EPCI, that which is known if one is."""
    known = members_on("epci", f"{year}-01-01", vintage=None)
    return known.fillna("200000000")


def write_dgcl(path, year, *, change=None, encoding="utf-8"):
    """Write a list as the DGCL did in 2008: « ; », no quotes."""
    members = of_year(year).to_dict() | (change or {})
    rows = [
        line_2008(siren, f"CA {siren}", code, "x")
        for code, siren in members.items()
        if siren
    ]
    path.write_text("\n".join([HEAD_2008, *rows]) + "\n", encoding=encoding)
    return path


def write_insee(path, year, *, alone=(), title=True):
    """Write Insee's workbook: two sheets, four rows of titles, header on the sixth."""
    book = xlsxwriter.Workbook(path)
    members = of_year(year)
    day = f"Géographie au 01/01/{year}" if title else ""
    titles = [
        ["Intercommunalité - Métropole"],
        ["France - EPCI"],
        ["Mise en ligne le 18/03/2011", day],
        ["@Insee"],
    ]
    groups = book.add_worksheet("EPCI")
    rows = [
        *titles,
        ["Code EPCI", "Libellé EPCI", "Nature", "Nombre"],
        ["EPCI", "LIBEPCI", "NATURE_EPCI", "NB_COM"],
        *([int(s), f"CA {s}", "CA", 9] for s in sorted(members.unique())),
        ["ZZZZZZZZZ", "Sans objet", "ZZ", len(alone)],
    ]
    for number, row in enumerate(rows):
        groups.write_row(number, 0, row)
    sheet = book.add_worksheet("Composition_communale")
    rows = [
        *titles,
        ["Code géographique", "Libellé", "Établissement public", "", "Département"],
        ["CODGEO", "LIBGEO", "EPCI", "LIBEPCI", "DEP", "REG"],
        *(
            [code, "x", "ZZZZZZZZZ", "Sans objet", code[:2], "31"]
            if code in alone
            else [code, "x", int(siren), f"CA {siren}", code[:2], "31"]
            for code, siren in members.items()
        ),
    ]
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return path


def reference(year):
    (path,) = LISTS.glob(f"epci*{year}_59_62.csv")
    return bm.read_memberships(path)


# -- the codes of the date ---------------------------------------------------------


@pytest.mark.parametrize("year", [2008, 2010, 2015, 2018, 2019, 2024, 2026])
@pytest.mark.parametrize("level", ["commune", "departement", "region", "bassin"])
def test_the_codes_of_a_date_are_those_of_its_list(level, year):
    found = bm.membership(level, date=f"{year}-01-01", vintage=None)
    assert found.index.equals(bm.cog_codes(year))


def test_nine_communes_of_2010_are_no_longer_lost():
    found = bm.membership("commune", date="2010-01-01", vintage=None)
    assert len(found) == 1547
    assert {"59154", "59248", "59404", "59540", "62210", "62226"} <= set(found.index)


def test_a_level_read_at_a_date_is_on_the_communes_of_2026_unless_asked():
    for level in ("commune", "departement", "region"):
        found = bm.membership(level, date="2010-01-01")
        assert found.index.equals(bm.communes().index)
        assert found.notna().all()


# -- what is not known is said -----------------------------------------------------


@pytest.mark.parametrize(
    ("date", "unknown", "basin"),
    # 141 of the 336 communes of the basin are known until 2013, 187 then.
    [("2010-01-01", 1534 - 141, 336 - 141), ("2016-01-01", 1534 - 187, 336 - 187)],
)
def test_an_answer_in_part_says_how_many_communes_are_unknown(date, unknown, basin):
    said = (
        f"{unknown:,} of the 1,534 communes have no known EPCI on {date}, {basin} of "
        r"them in the bassin.*memberships=bm\.read_memberships"
    )
    for call in (
        lambda: bm.membership("epci", date=date),
        lambda: bm.epcis(date=date),
        lambda: bm.aggregate(
            bm.statistics(), "epci", measures={"dwellings_2021": bm.Stock()}, date=date
        ),
    ):
        with pytest.warns(BasinmapWarning, match=said) as heard:
            call()
        assert heard[0].filename == __file__


def test_scots_that_are_not_established_are_named():
    for call in (bm.scots, lambda date: bm.membership("scot", date=date)):
        with pytest.warns(
            BasinmapWarning, match="2 SCoT.*'artois', 'osartis-marquion'"
        ):
            call(date="2010-01-01")


@pytest.mark.parametrize("date", ["2019-01-01", "2026-01-01"])
def test_what_is_wholly_known_is_told_without_a_word(date):
    assert bm.membership("epci", date=date).notna().all()
    assert len(bm.scots(date=date)) == 5
    # One EPCI asked for by name is whole, whatever is not known of the others.
    assert bm.epcis(date="2016-01-01", epci=CALL)["communes"].tolist() == [36]
    assert len(bm.perimeter(CALL, date="2010-01-01").communes) == 36
    scot = "lens-lievin-henin-carvin"
    assert bm.epcis(date="2010-01-01", scot=scot)["communes"].tolist() == [14, 36]


def test_a_perimeter_that_is_not_established_tells_its_lineage():
    with pytest.raises(CodeError) as error:
        bm.perimeter("246200141", date="2010-01-01")
    said = str(error.value)
    assert "CA de l'Artois (246200141, 59 communes)" in said
    assert "(200044055, 65), fusion" in said
    assert "memberships=bm.read_memberships" in said
    with pytest.raises(CodeError, match="it is for 2017–2026; its lineage"):
        bm.perimeter("cabbalr", date="2010-01-01")


# -- the layouts of the producers --------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_a_list_of_the_dgcl_is_read(tmp_path, encoding):
    path = write_dgcl(
        tmp_path / "epci_2010.csv", 2010, change={"59001": ""}, encoding=encoding
    )
    found = bm.read_memberships(path)
    assert found.index.name == "commune"
    assert found.columns.tolist() == ["epci", "name", "nature", "year"]
    assert found.loc[LENS].tolist() == [CALL, f"CA {CALL}", "CA", 2010]
    assert "59001" not in found.index
    said = found.attrs["notes"][-1].replace("\u202f", " ")
    assert "1 546 communes du Nord et du Pas-de-Calais" in said
    assert "1 hors EPCI" in said


def test_a_list_with_numeric_siren_and_other_departements_is_read(tmp_path):
    members = of_year(2020)
    head = "dept,siren,raison_sociale,nature_juridique,mode_financ,nb_membres,"
    head += (
        "total_pop_tot,total_pop_mun,dep_com,insee,siren_membre,nom_membre,ptot_2020"
    )
    path = tmp_path / "epcicom2020.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        stream.write(f"{head}\n")
        rows = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        for code, siren in [*members.items(), ("01004", "240100883")]:
            name = "CA de Béthune-Bruay, Artois-Lys Romane"
            told = [code[:2], int(siren), name, "CA", "FPU", 9, 9, 9, code[:2], code]
            rows.writerow([*told, 216200000, "x", 1])
    found = bm.read_memberships(path)
    assert found.loc["62119", "epci"] == "200072460"
    assert found.loc["62119", "name"] == "CA de Béthune-Bruay, Artois-Lys Romane"
    assert found.loc["01004", "epci"] == "240100883"
    assert members_on("epci", "2020-01-01").equals(
        bm.membership("epci", date="2020-01-01", memberships=found)
    )


def test_the_workbook_of_insee_is_read_under_its_titles(tmp_path):
    path = write_insee(tmp_path / "epci.xlsx", 2011, alone=("59001",))
    found = bm.read_memberships(path)
    assert found["year"].unique().tolist() == [2011]
    assert found.loc[SOMAIN, ["epci", "nature"]].tolist() == [OSTREVENT, "CA"]
    assert found.loc["59001", ["epci", "name", "nature"]].isna().all()
    assert "Feuille lue : Composition_communale." in found.attrs["notes"]
    assert "1 hors EPCI" in found.attrs["notes"][-1]


def test_four_digits_and_letters_of_windows_are_repaired_and_told(tmp_path):
    path = write_dgcl(tmp_path / "epci_2010.csv", 2010)
    more = line_2008("240100883", "CC C\x9cur de l\x92Ain", "1004", "Ambérieu")
    path.write_text(path.read_text(encoding="utf-8") + more + "\n", encoding="utf-8")
    found = bm.read_memberships(path)
    assert found.loc["01004", "name"] == "CC Cœur de l’Ain"
    assert any("1004 → 01004" in note for note in found.attrs["notes"])


def test_rows_of_another_width_are_left_out_and_told(tmp_path):
    path = write_dgcl(tmp_path / "epci_2010.csv", 2010)
    path.write_text(
        path.read_text(encoding="utf-8") + "CC coupée;en deux;x;y\n", encoding="utf-8"
    )
    found = bm.read_memberships(path)
    assert len(found) == 1547
    assert any("nombre de champs inattendu : 1." in n for n in found.attrs["notes"])


def test_syndicates_are_left_out(tmp_path):
    path = write_dgcl(tmp_path / "epci_2010.csv", 2010)
    more = line_2008("256200999", "SIVOM", LENS, "Lens").replace(";CA;", ";SIVOM;")
    path.write_text(path.read_text(encoding="utf-8") + more + "\n", encoding="utf-8")
    assert bm.read_memberships(path).loc[LENS, "epci"] == CALL


# -- what contradicts what is known ------------------------------------------------


def test_a_list_of_another_year_is_refused_with_the_year_it_fits(tmp_path):
    path = write_dgcl(tmp_path / "epci_2013.csv", 2013)
    # In 2014 the CA du Douaisis (35) and the CAPH (39 then) have new SIREN.
    with pytest.raises(DataError, match=r"\d+ commune.*245901228.*write year=2013"):
        bm.read_memberships(path, year=2014)


def test_communes_of_another_year_are_refused_with_the_year_they_look_like(tmp_path):
    path = write_dgcl(tmp_path / "epci_2010.csv", 2010)
    with pytest.raises(
        VintageError, match=r"13 code.*1 January 2026.*write that year="
    ):
        bm.read_memberships(path, year=2026)


def test_a_transfer_told_otherwise_warns(tmp_path):
    path = write_dgcl(tmp_path / "epci_2022.csv", 2022, change={"59192": OSTREVENT})
    with pytest.warns(BasinmapWarning, match=r"1 commune.*59192.*it fits 2023"):
        found = bm.read_memberships(path)
    assert found.loc["59192", "epci"] == OSTREVENT


def test_a_commune_that_a_whole_list_lacks_is_told(tmp_path):
    path = write_dgcl(tmp_path / "epci_2010.csv", 2010, change={LIEVIN: ""})
    with pytest.warns(BasinmapWarning, match="62510 is in none, known to be in 24620"):
        found = bm.read_memberships(path)
    assert LIEVIN not in found.index


def test_an_extract_warns_that_the_others_are_in_none(tmp_path):
    path = tmp_path / "epci_2010.csv"
    rows = [HEAD_2008, line_2008(CALL, "CALL", LENS, "Lens")]
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.warns(
        BasinmapWarning, match="lists 0 of the 652.*and 1 of the 895 comm"
    ):
        bm.read_memberships(path)


@pytest.mark.parametrize(
    ("name", "text", "error", "said"),
    [
        ("absent.csv", None, DataError, "no file"),
        ("e.pdf", "x", DataError, "is read from .xlsx"),
        ("e.zip", "x", DataError, "unzip it"),
        ("e_2010.csv", "", DataError, "no sheet has a row with CODGEO"),
        ("e_2010.csv", "code;nom\n62498;Lens\n", DataError, "no sheet has a row"),
        ("e_2010.csv", f"{HEAD_2008}\n", DataError, "no commune under the header"),
        ("e_2010.xlsx", "no workbook", DataError, "cannot be read as a workbook"),
        ("e.csv", f"insee;epci\n{LENS};{CALL}\n", VintageError, "write year=2010"),
        (
            "e_2010.csv",
            f"insee;epci\n{LENS};{CALL}\n{LENS};{CAHC}\n",
            DataError,
            "1 commune.*in several EPCI: '62498'",
        ),
        (
            "e_2010.csv",
            "insee;epci\n80021;248000531\n",
            DataError,
            "none of its 1 comm",
        ),
        ("e_2010.csv", f"insee;epci\nLens;{CALL}\n", CodeError, "a name is no code"),
        ("e_2010.csv", f"insee;epci\n{LENS};62\n", CodeError, "epci code '62'"),
        (
            "e_1910.csv",
            f"insee;epci\n{LENS};{CALL}\n",
            VintageError,
            "from 1943 to 2026",
        ),
    ],
)
def test_what_is_no_list_is_refused_by_name(tmp_path, name, text, error, said):
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(error, match=said):
        bm.read_memberships(path)


# -- the verbs that use them -------------------------------------------------------


@pytest.fixture
def lists(tmp_path):
    """Lists of 2005, where Béthune still holds Verquigneul, and of 2010."""
    torn = {"59260": "245900428", "59404": "200000001"}
    return [
        bm.read_memberships(
            write_dgcl(tmp_path / f"epci_{year}.csv", year, change=torn)
        )
        for year in (2010, 2012)
    ]


def test_a_list_extends_every_verb_to_its_year(lists):
    date = "2010-01-01"
    with pytest.warns(BasinmapWarning, match=r"1 commune\(s\) of 2026 lay in several"):
        members = bm.membership("epci", date=date, memberships=lists)
    assert members.index.equals(bm.communes().index)
    # Ghyvelde and Les Moëres, one commune since 2016, were in two EPCI.
    assert members[members.isna()].index.tolist() == ["59260"]
    assert (members == CALL).sum() == 36
    with pytest.warns(BasinmapWarning, match="59260"):
        frame = bm.epcis(date=date, memberships=lists)
    assert frame.loc[CALL, ["name", "communes"]].tolist() == [f"CA {CALL}", 36]
    assert frame["communes"].sum() == 1533
    found = bm.perimeter("200000000", date=date, memberships=lists)
    assert len(found.communes) == (members == "200000000").sum()
    assert str(found.valid_from), str(found.valid_to) == ("2010-01-01", "2010-12-31")
    assert "2010" in found.source
    table, report = bm.aggregate(
        bm.statistics(), members, measures={"dwellings_2021": bm.Stock()}
    )
    assert table.index.name == "epci"
    assert report.unmatched == ("59260",)
    assert table.loc[CALL, "dwellings_2021"] == pytest.approx(
        bm.statistics(epci=CALL)["dwellings_2021"].sum()
    )


def test_without_torn_communes_a_list_says_nothing(tmp_path):
    given = bm.read_memberships(write_dgcl(tmp_path / "epci_2010.csv", 2010))
    members = bm.membership("epci", date="2010-06-30", memberships=given)
    assert members.notna().all()
    codes = bm.membership("epci", date="2010-06-30", vintage=None, memberships=given)
    assert codes.index.equals(bm.cog_codes(2010))


def test_a_date_out_of_what_is_embedded_needs_the_list_of_that_year(tmp_path):
    given = bm.read_memberships(
        write_insee(tmp_path / "e.xlsx", 2019, title=False), year=2019
    )
    older = given[given.index.isin(bm.cog_codes(2004))].assign(year=2004)
    members = bm.membership("epci", date="2004-01-01", vintage=None, memberships=older)
    assert members.index.equals(bm.cog_codes(2004))
    with pytest.raises(VintageError, match=r"what is given \[2004\]"):
        bm.membership("epci", date="2005-01-01", memberships=older)


def test_series_follow_lists_at_the_current_perimeter(lists):
    table = bm.statistics()[["population_2019", "population_2021"]].copy()
    table.attrs["measures"] = {
        "population_2019": bm.Stock(vintage="2010", published=2010),
        "population_2021": bm.Stock(vintage="2021", published=2024),
    }
    with pytest.warns(BasinmapWarning, match="2026 lay in|at the current perimeter"):
        found, report = bm.compare_dates(
            table,
            "epci",
            columns=["population_2019", "population_2021"],
            perimeter="current",
            memberships=lists,
        )
    assert found.loc["200000000", "population_2019"] > 0
    assert found.loc[CALL].notna().all()
    assert any("de « CA 200000000 »" in note for note in report.notes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("path.csv", "not str"),
        ([1], "not int"),
        (pd.DataFrame({"epci": ["1"]}), "without 'name', 'nature', 'year'|without"),
    ],
)
def test_what_is_no_list_is_refused_by_the_verbs(wrong, said):
    for call in (
        lambda: bm.membership("epci", date="2010-01-01", memberships=wrong),
        lambda: bm.epcis(date="2010-01-01", memberships=wrong),
        lambda: bm.perimeter(CALL, date="2010-01-01", memberships=wrong),
    ):
        with pytest.raises((DataError, TypeError), match=told_or_typed(said)):
            call()


def test_two_lists_of_one_year_are_refused(lists):
    with pytest.raises(DataError, match="two lists of 2010"):
        bm.membership("epci", date="2010-01-01", memberships=[lists[0], lists[0]])


# -- the lists themselves ----------------------------------------------------------


@shared
@pytest.mark.parametrize(
    ("year", "listed"),
    [
        (1999, 1230),
        (2000, 1311),
        (2002, 1504),
        (2004, 1530),
        (2006, 1532),
        (2007, 1532),
        (2008, 1533),
        (2010, 1541),
        (2011, 1539),
        (2013, 1541),
        (2014, 1545),
        (2016, 1541),
        (2017, 1539),
        (2020, 1538),
    ],
)
def test_the_lists_of_the_dgcl_are_read_and_agree_with_the_lineage(year, listed):
    found = reference(year)
    assert len(found) == listed
    assert found["year"].unique().tolist() == [year]
    assert found.loc[LENS, "epci"] == CALL
    assert not found["name"].str.contains("[\x80-\x9f]", regex=True).any()


@shared
@pytest.mark.parametrize(
    ("code", "year", "size"),
    [
        ("245901160", 2002, 36),
        ("245901160", 2004, 36),
        ("245901160", 2006, 35),
        ("245901145", 2004, 38),
        ("245901145", 2006, 39),
        ("200042190", 2014, 46),
        ("246200141", 2007, 58),
        ("246200141", 2010, 59),
        ("246201099", 2002, 29),
        ("246201099", 2004, 32),
        ("200044055", 2016, 65),
    ],
)
def test_perimeters_before_2019_have_the_sizes_that_were_counted(code, year, size):
    members = bm.membership(
        "epci", date=f"{year}-01-01", vintage=None, memberships=reference(year)
    )
    in_basin = members.index.isin(bm.perimeter("bassin-minier").communes)
    assert (members[in_basin] == code).sum() == size


@shared
@pytest.mark.parametrize(
    ("year", "inside"),
    [(1999, 187), (2000, 227), (2002, 334), (2004, 335), (2007, 335), (2008, 336)],
)
def test_communes_of_the_basin_joined_an_epci_one_after_the_other(year, inside):
    day = f"{year}-01-01"
    members = members_on("epci", day, vintage=None, memberships=reference(year))
    in_basin = members.index.isin(bm.perimeter("bassin-minier").communes)
    assert members[in_basin].notna().sum() == inside


@shared
def test_the_ground_of_a_commune_to_come_is_where_it_lay():
    # Verquigneul was part of Béthune until 2008: 58 communes of then, 59 of today.
    given = reference(2007)
    found = bm.perimeter("246200141", date="2007-01-01", memberships=given)
    assert len(found.communes) == 59
    assert {"62119", "62847"} <= set(found.communes)
    assert found.name == "CA de l’Artois"


@shared
def test_the_table_of_insee_of_2022_is_what_is_embedded():
    path = REFERENCE / "cog" / "table-appartenance-geo-communes-22_59_62.xlsx"
    found = bm.read_memberships(path)
    assert found["year"].unique().tolist() == [2022]
    assert found["epci"].equals(
        members_on("epci", "2022-01-01", vintage=None).astype(found["epci"].dtype)
    )


@shared
def test_a_list_that_calls_2024_what_was_that_of_2023_is_told():
    with pytest.warns(BasinmapWarning, match=r"59192 is in 245901152.*it fits 2023"):
        bm.read_memberships(LISTS / "com_epci_dep_reg_2024_59_62.csv")


def test_runs_of_what_is_embedded_stay_what_they_were():
    found = [(a, b, len(c)) for a, b, c in runs("epci", OSTREVENT)]
    assert found == [
        (2008, 2018, 21),
        (2019, 2022, 20),
        (2023, 2023, 21),
        (2024, 2026, 20),
    ]


# -- lists that leave communes out ----------------------------------------------------

GAPS = "Liste des EPCI de 2019 incomplète : 1 commune sans EPCI (62498)."


@pytest.fixture
def holed(tmp_path):
    """Return the list of 2019, that lost the row of Lens."""
    members = members_on("epci", "2019-01-01", vintage=None).drop(LENS)
    path = tmp_path / "epci_2019.csv"
    rows = [f"{epci};CC de l'essai;{code}" for code, epci in members.items()]
    path.write_text("\n".join(["siren;nom;insee", *rows]), encoding="utf-8")
    with pytest.warns(BasinmapWarning, match="62498 is in none") as told:
        found = bm.read_memberships(path)
    assert "write year=2019" not in str(told[0].message)
    assert "add them to the list" in str(told[0].message)
    return found


def test_a_list_that_lost_a_commune_gives_a_minimum_and_says_so(holed):
    options = {"date": "2019-01-01", "memberships": holed}
    measures = {"dwellings_2021": bm.Stock()}
    with pytest.warns(BasinmapWarning) as told:
        found, report = bm.aggregate(
            bm.statistics(), "epci", measures=measures, **options
        )
    said = " ".join(str(one.message) for one in told)
    assert "the list of EPCI of 2019 leaves out 1 commune(s): '62498'" in said
    assert "couvre 35 communes sur 36, sans Lens" in said
    row = found.loc[CALL]
    assert (row["dwellings_2021"], row["dwellings_2021_state"]) == (
        93_870,
        "lower_bound",
    )
    plain = [note.replace("\u202f", " ").replace("\xa0", " ") for note in report.notes]
    assert GAPS in plain
    assert "incomplète" in bm.told_of(found).remarks[CALL]
    whole, _ = bm.aggregate(
        bm.statistics(), "epci", measures=measures, date="2019-01-01"
    )
    assert whole.loc[CALL, "dwellings_2021"] == 111_551


def test_series_and_epcis_over_such_a_list_say_so_too(holed):
    options = {"date": "2019-01-01", "memberships": holed}
    with pytest.warns(BasinmapWarning, match="leaves out 1 commune"):
        units = bm.epcis(epci="call", **options)
    assert units.index.tolist() == [CALL]
    assert "incomplète" in units.attrs["remarks"][CALL]
    columns = ["population_2018", "population_2019"]
    with pytest.warns(BasinmapWarning, match="leaves out|couvre 35"):
        _, report = bm.compare_dates(
            bm.statistics(), "epci", columns=columns, **options
        )
    assert any("incomplète" in note for note in report.notes)


def test_a_commune_that_is_listed_in_none_is_no_gap(tmp_path):
    path = write_dgcl(tmp_path / "epci_2010.csv", 2010)
    listed = bm.read_memberships(path)
    assert gaps_of(listed, "2010-01-01") == ()
    # Before 2014 a commune might be in none; Lens was not.
    assert gaps_of(listed.drop([LENS, "62001", "59001"]), "2010-01-01") == (
        "62001",
        LENS,
    )


def test_what_a_list_lacks_is_told_in_order():
    with pytest.raises(DataError, match="without 'epci', 'name', 'nature', 'year'"):
        bm.membership("epci", memberships=pd.DataFrame())


# -- days -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "day",
    [
        dt.date(2023, 1, 1),
        dt.datetime(2023, 1, 1, 12, tzinfo=dt.UTC),
        pd.Timestamp("2023-01-01"),
    ],
)
def test_a_day_is_written_or_is_a_date(day):
    assert bm.epcis(date=day).loc[OSTREVENT, "communes"] == 21
    assert bm.membership("epci", date=day)["59192"] == OSTREVENT
    assert len(bm.perimeter(OSTREVENT, date=day).communes) == 21
    table = bm.statistics()[["population_2023"]]
    measures = {"population_2023": bm.Stock()}
    found, _ = bm.aggregate(table, "epci", date=day, measures=measures)
    assert bm.told_of(found).geography == "2023-01-01"


def test_no_day_is_that_of_the_embedded_list():
    pd.testing.assert_frame_equal(
        pd.DataFrame(bm.epcis(date=None).drop(columns="geometry")),
        pd.DataFrame(bm.epcis(date="2026-01-01").drop(columns="geometry")),
    )


@pytest.mark.parametrize("day", [pd.NaT, "", "1er janvier"])
def test_what_is_no_day_is_refused(day):
    with pytest.raises(VintageError, match=r"not a date.*'2026-01-01'"):
        bm.epcis(date=day)


@pytest.mark.parametrize(
    ("name", "epci"),
    [("Hesdin", "200044030"), ("Somain", OSTREVENT), ("amfroipret", "200043321")],
)
def test_a_commune_given_for_an_epci_leads_to_the_epci_it_is_of(name, epci):
    with pytest.raises(CodeError, match=rf"did you mean {epci} .*is a commune\?$"):
        bm.communes(epci=name)
