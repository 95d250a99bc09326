"""Workbooks are read as they are shown: percentages, dates, truth values, formulas."""

from __future__ import annotations

import datetime as dt
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import basinmap as bm
from basinmap.errors import DataError, MeasureError
from basinmap.sheets import workbook_rows

SHARE = bm.Median(label="Taux", unit="%")
DAY = dt.date(2024, 5, 12)
NOON = dt.datetime.combine(DAY, dt.time(12))
DAYS = (
    "dd/mm/yyyy",
    "[$-40C]d-mmm;@",
    "d/m",
    "d mmmm",
    "[$-F800]dddd\\,\\ mmmm",
    "mmm-yy",
)


def book(path, rows, formats=()):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    for cell, form in dict(formats).items():
        made.active[cell].number_format = form
    made.save(path)
    return path


def asked(path, **given):
    told = {"code": "Code", "measures": ["V"], "source": "x", "vintage": 2024}
    return bm.read_table(path, **{**told, **given})


def sheet_of(path):
    return dict(workbook_rows(path))


# -- percentages --------------------------------------------------------------------


def test_a_cell_that_shows_a_percentage_is_that_percentage(tmp_path):
    rows = [["Code", "V"], ["62498", 0.125], ["62510", 0.07], ["62065", 0]]
    formats = {"B2": "0.0%", "B3": "0%", "B4": '0.00\\ %;[Red]-0.00" "%'}
    path = book(tmp_path / "a.xlsx", rows, formats)
    table = asked(path, measures={"V": SHARE})
    assert table["V_2024"].to_dict() == {"62065": 0, "62498": 12.5, "62510": 7}
    with pytest.raises(MeasureError, match=r"3 cell.*'62498 : 12.5 %'.*unit='%'"):
        asked(path)


def test_percentages_beside_bare_numbers_are_refused(tmp_path):
    rows = [["Code", "V"], ["62498", 0.125], ["62510", 0.07], ["62065", 0]]
    path = book(tmp_path / "a.xlsx", rows, {"B2": "0.0%"})
    with pytest.raises(MeasureError, match=r"1 bare numbers \('62510 : 0.07'\)"):
        asked(path, measures={"V": SHARE})
    # A sign in quotes changes nothing of a number: it stands after it.
    rows = [["Code", "V"], ["62498", 12.5], ["62510", 7]]
    path = book(tmp_path / "b.xlsx", rows, {"B2": '0.0" %"', "B3": "0.0"})
    assert asked(path, measures={"V": SHARE})["V_2024"].tolist() == [12.5, 7]


def test_a_percentage_of_a_text_file_is_one_too(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Code;V\n62498;12,5 %\n62510;7\u202f%\n")
    assert asked(path, measures={"V": SHARE})["V_2024"].tolist() == [12.5, 7]


DIGITS = st.tuples(st.integers(-(10**9), 10**9), st.integers(0, 7))


@settings(max_examples=8, deadline=None)
@given(st.lists(DIGITS, min_size=20, max_size=60))
def test_no_digit_of_a_percentage_is_lost_or_made(tmp_path_factory, drawn):
    path = tmp_path_factory.mktemp("book") / "a.xlsx"
    made = openpyxl.Workbook()
    for at, (digits, places) in enumerate(drawn, 1):
        made.active.cell(at, 1, digits / 10**places).number_format = "0.0%"
    made.save(path)
    shown = [float(row[0].removesuffix(" %")) for row in sheet_of(path)["Sheet"]]
    assert shown == [float(f"{digits}e{2 - places}") for digits, places in drawn]


# -- other kinds of cells -----------------------------------------------------------


@pytest.mark.parametrize("form", DAYS)
def test_a_date_is_no_number_whatever_its_format(tmp_path, form):
    rows = [["Code", "V"], ["62510", 5], ["62498", DAY]]
    path = book(tmp_path / "a.xlsx", rows, {"B3": form})
    with pytest.raises(MeasureError, match=r"dates, times.*'62498 : 2024/05/12'"):
        asked(path)


@pytest.mark.parametrize(
    ("value", "form", "told"),
    [
        (True, "General", "VRAI"),
        (False, "General", "FAUX"),
        (dt.time(10, 30), "h:mm", "10:30:00"),
        (1.5, "[h]:mm", "36:00:00"),
        (NOON, "d/m/yy h:mm", "2024/05/12 12:00:00"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_truth_and_hours_are_no_numbers_first_or_last(
    tmp_path, value, form, told, first
):
    rows = [["62510", value], ["62498", 5]]
    rows = [["Code", "V"], *(rows if first else rows[::-1])]
    path = book(tmp_path / "a.xlsx", rows, {"B2" if first else "B3": form})
    with pytest.raises(MeasureError, match=f"'62510 : {told}'"):
        asked(path)


def test_a_formula_that_nothing_computed_is_no_blank(tmp_path):
    path = book(tmp_path / "a.xlsx", [["Code", "V"], ["62498", "=1+2"], ["62510", 5]])
    with pytest.raises(MeasureError, match="nothing has computed yet: '62498 : =1"):
        asked(path)


@pytest.mark.parametrize("form", ["0.00", "#,##0", '0" m²"', "# ##0\\ [$€-40C]", "@"])
def test_other_formats_leave_a_number_as_it_is(tmp_path, form):
    rows = [["Code", "V"], ["62510", 1250.5], ["62498", 70]]
    path = book(tmp_path / "a.xlsx", rows, {"B2": form, "B3": form})
    assert asked(path)["V_2024"].to_dict() == {"62498": 70, "62510": 1250.5}


def test_dates_of_a_workbook_of_1904_are_those_it_shows(tmp_path):
    made = openpyxl.Workbook()
    made.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    made.active.append(["Code", DAY])
    made.save(tmp_path / "a.xlsx")
    assert sheet_of(tmp_path / "a.xlsx")["Sheet"] == [["Code", "2024/05/12"]]


# -- where cells stand --------------------------------------------------------------


def test_cells_stand_where_they_are_among_blank_ones(tmp_path):
    made = openpyxl.Workbook()
    sheet = made.active
    sheet["B3"], sheet["D5"], sheet["A5"] = "Titre", 0.375, "œ & < é"
    made.create_sheet("Vide")
    made.save(tmp_path / "a.xlsx")
    assert sheet_of(tmp_path / "a.xlsx") == {
        "Sheet": [
            ["", "", "", ""],
            ["", "", "", ""],
            ["", "Titre", "", ""],
            ["", "", "", ""],
            ["œ & < é", "", "", "0.375"],
        ],
        "Vide": [],
    }


def test_a_sheet_of_opendocument_is_read_as_it_is_shown(tmp_path):
    cells = {
        "percentage": ('office:value="0.125"', "12,5 %"),
        "boolean": ('office:boolean-value="true"', "VRAI"),
        "date": ('office:date-value="2024-05-12"', "12 mai"),
        "time": ('office:time-value="PT10H30M00S"', "10:30"),
        "float": ('office:value="1250"', "1 k€"),
        "string": ("", 'a<text:s text:c="2"/>b'),
    }
    row = "".join(
        f'<table:table-cell office:value-type="{kind}" {value}>'
        f"<text:p>{shown}</text:p></table:table-cell>"
        for kind, (value, shown) in cells.items()
    )
    office = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(
        f'xmlns:{name}="{office}{name}:1.0"' for name in ("office", "table", "text")
    )
    blank = (
        '<table:table-row table:number-rows-repeated="{}"><table:table-cell/>'
        "</table:table-row>"
    )
    content = (
        f"<office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="A">{blank.format(2)}'
        '<table:table-row table:number-rows-repeated="2"><table:table-cell '
        f'table:number-columns-repeated="2"/>{row}</table:table-row>'
        f"{blank.format(1048572)}</table:table></office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("content.xml", content)
    shown = ["12.5 %", "VRAI", "2024/05/12", "10:30:00", "1250", "a  b"]
    blank_row = [""] * 8
    assert sheet_of(tmp_path / "a.ods") == {
        "A": [blank_row, blank_row, ["", "", *shown], ["", "", *shown]]
    }


@pytest.mark.parametrize(
    "sheet",
    [
        '<row r="1"><c r="ZZZZ1"><v>1</v></c></row>',
        '<row r="2000000"><c r="A1"><v>1</v></c></row>',
        '<row r="2"/><row r="1"/>',
        '<row r="1"><c r="A1" t="s"><v>9</v></c></row>',
        '<row r="1"><c r="A1"><v>x</v></c></row>',
        '<row r="1"><c r="A1"',
    ],
)
def test_a_workbook_whose_cells_are_out_of_place_is_refused(tmp_path, sheet):
    path = book(tmp_path / "a.xlsx", [["Code"]])
    with zipfile.ZipFile(path) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    head = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    )
    told = f"{head}<sheetData>{sheet}</sheetData></worksheet>"
    parts["xl/worksheets/sheet1.xml"] = told.encode()
    with zipfile.ZipFile(path, "w") as made:
        for name, raw in parts.items():
            made.writestr(name, raw)
    with pytest.raises(DataError, match="cannot be read as a workbook"):
        list(workbook_rows(path))
