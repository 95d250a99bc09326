"""Secrecy in files: no number is left behind, the guide holds, a folder is attacked."""

from __future__ import annotations

import base64
import re
import struct
import zipfile
from pathlib import Path

import pandas as pd
import pypdf
import pytest

import basinmap as bm
from basinmap.cli import main
from basinmap.deliverables import housing
from basinmap.errors import SecrecyError
from basinmap.secrecy.declared import protected_counts
from basinmap.values.masking import mask_table

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/how-to/secret.md").read_text(encoding="utf-8")
LOVAC = ROOT.parent / "shared/data/reference/lovac/lovac_2025_plus2ans_59_62.csv"
SECRET = 73_519.0
"""A number that nothing else is."""


def plain(text):
    return re.sub(r"[\u00a0\u202f]", " ", text).replace("’", "'").rstrip()


def test_the_guide_says_what_comes_out(capsys):
    blocks = re.findall(r"```(python|text)\n(.*?)```", GUIDE, re.DOTALL)
    space: dict[str, object] = {}
    for kind, block in blocks:
        if kind == "python":
            capsys.readouterr()
            exec(block, space)  # noqa: S102 - the guide of this repository
        else:
            told = [plain(line) for line in capsys.readouterr().out.splitlines()]
            assert told == [plain(line) for line in block.splitlines()]


@pytest.fixture(scope="module")
def communes():
    units = bm.communes(epci="call")[["name", "geometry"]]
    values = pd.Series(range(90_000, 90_000 + 1_009 * len(units), 1_009), units.index)
    values = values.astype(float)
    values.iloc[4] = SECRET
    table = bm.describe(
        values.rename("menages").to_frame(),
        measures={"menages": bm.Stock(label="Ménages", unit="ménages")},
    )
    rule = bm.SecrecyRule(least=80_000, need="exact")
    total = table.groupby(lambda _: "246200364").sum().rename_axis("epci")
    safe = bm.protect({"communes": table, "epci": total}, rules={"menages": rule})
    return units, safe


def needles():
    """The secret as files write it: text, and the eight bytes of a float."""
    for order in "<>":
        yield struct.pack(f"{order}d", SECRET)
        yield struct.pack(f"{order}q", int(SECRET))
        yield struct.pack(f"{order}i", int(SECRET))
    for text in ("73519", "73 519", "73\u202f519", "73\u00a0519"):
        yield text.encode()


def content(file):
    """All that a file says, unpacked."""
    if file.suffix == ".xlsx":
        with zipfile.ZipFile(file) as archive:
            return b"".join(archive.read(name) for name in archive.namelist())
    raw = file.read_bytes()
    if file.suffix == ".pdf":
        pages = pypdf.PdfReader(file)
        told = "".join(page.extract_text() for page in pages.pages)
        return raw + (told + str(pages.metadata)).encode()
    return raw


def test_no_file_holds_what_is_masked(communes, tmp_path):
    units, safe = communes
    table, total = safe.tables["communes"], safe.tables["epci"]
    hidden = safe.cells["code"].tolist()
    assert len(hidden) == 2
    layer = units.join(table)
    bm.write_geopackage(
        tmp_path / "d.gpkg", {"communes": layer}, tables={"epci": total}
    )
    bm.write_workbook(tmp_path / "t.xlsx", {"Communes": table, "EPCI": total})
    table.to_parquet(tmp_path / "d.parquet")
    layer.to_parquet(tmp_path / "g.parquet")
    table.to_csv(tmp_path / "d.csv", sep=";")
    fig, ax = bm.page(units, title="Ménages")
    bm.draw_symbols(ax, units, bm.column(table, "menages"))
    bm.draw_legend(ax)
    for kind in ("svg", "pdf"):
        fig.savefig(tmp_path / f"carte.{kind}")
    told = bm.alternative_text(fig)
    (tmp_path / "texte.md").write_text(told + str(fig.about), encoding="utf-8")
    (tmp_path / "rapport.md").write_text(str(safe), encoding="utf-8")
    assert "secret" in told.lower()
    for file in sorted(tmp_path.iterdir()):
        found = [needle for needle in needles() if needle in content(file)]
        assert found == [], file.name
    import pyogrio  # noqa: PLC0415 - to read back

    back = pyogrio.read_dataframe(tmp_path / "d.gpkg", layer="communes")
    back = back.set_index("commune").loc[hidden]
    assert back["menages"].isna().all()
    assert (back["menages_state"] == "secret").all()
    assert b">s<" in content(tmp_path / "t.xlsx")
    assert bm.check_secrecy(tmp_path).safe


def test_prints_of_values_do_not_travel(communes):
    _, safe = communes
    bits = struct.pack("<I", struct.unpack("<Q", struct.pack("<d", SECRET))[0] >> 32)
    for kept in safe.tables["communes"].attrs["prints"].values():
        assert bits not in base64.b64decode(kept)


def test_a_secret_that_holds_its_number_is_written_by_nobody(communes, tmp_path):
    units, safe = communes
    table = safe.tables["communes"].copy()
    table.loc[safe.cells["code"].iloc[0], "menages"] = SECRET
    table.attrs.clear()
    with pytest.raises(SecrecyError):
        bm.write_workbook(tmp_path / "t.xlsx", {"T": table})
    with pytest.raises(SecrecyError):
        bm.write_geopackage(tmp_path / "t.gpkg", {"t": units.join(table)})
    with pytest.raises(SecrecyError):
        bm.attack(table)


# -- a folder -----------------------------------------------------------------------


def folder_of(path, *, hidden):
    """A workbook of communes and a GeoPackage of their EPCI, as a document would."""
    units = bm.communes(epci="call")
    counts = pd.Series(range(20, 20 + 3 * len(units), 3), units.index, dtype=float)
    counts.iloc[2] = 7
    table = counts.rename("demandes_2024").to_frame()
    total = table.groupby(lambda _: "246200364").sum().rename_axis("epci")
    few = table.index.isin(table.index[hidden])
    bm.write_workbook(path / "t.xlsx", {"C": mask_table(table, {"demandes_2024": few})})
    epci = bm.epcis(epci="call")[["geometry"]].join(total)
    bm.write_geopackage(path / "d.gpkg", {"epci": epci})
    return table.index[2]


def test_a_folder_in_which_something_falls_ends_with_2(tmp_path, capsys):
    code = folder_of(tmp_path, hidden=[2])
    assert main(["check-secrecy", str(tmp_path)]) == 2
    told = plain(capsys.readouterr().out)
    assert "Retrouvées exactement (1) :" in told
    assert f"{code}, demandes_2024 = 7" in told


def test_a_folder_that_holds_out_ends_with_0(tmp_path, capsys):
    folder_of(tmp_path, hidden=[2, 0])
    assert main(["check-secrecy", str(tmp_path)]) == 0
    assert "Aucune valeur sous secret" in capsys.readouterr().out
    assert main(["check-secrecy", str(tmp_path / "nowhere")]) == 2


def test_minimums_of_a_workbook_are_no_totals(tmp_path):
    units = bm.communes(epci="call").index
    towns = pd.DataFrame({"n": 30.0}, units)
    towns = mask_table(towns, {"n": towns.index.isin(units[:1])})
    epci = pd.DataFrame(
        {"n": [30.0 * (len(units) - 1)], "n_state": ["lower_bound"]},
        pd.Index(["246200364"], name="epci"),
    )
    bm.write_workbook(tmp_path / "t.xlsx", {"C": towns, "E": epci})
    assert bm.check_secrecy(tmp_path).safe


def test_documents_hide_what_is_left_of_a_share_too():
    counts = bm.describe(
        pd.DataFrame(
            {
                "leases_outside_qpv_2024": [100, 300],
                "leases_outside_qpv_q1_2024": [95, 60],
            },
            pd.Index(["62498", "62510"], name="commune"),
        ),
        measures={
            "leases_outside_qpv_2024": bm.Stock(),
            "leases_outside_qpv_q1_2024": bm.Stock(),
        },
    )
    safe, told = protected_counts(counts)
    # Five leases are not of the first quarter: 100 - 95.
    assert safe.loc["62498"].isna().any()
    assert safe["leases_outside_qpv_2024"]["62510"] == 300
    assert "SNE et OPS" in told or "protéger" in told
    again, nothing = protected_counts(counts[["leases_outside_qpv_2024"]])
    assert again["leases_outside_qpv_2024"].tolist() == [100, 300]
    assert "0 cellule" in nothing


@pytest.mark.skipif(not LOVAC.exists(), reason="reference data are not here")
def test_the_plh_of_lens_lievin_with_lovac_holds_out(tmp_path, monkeypatch):
    monkeypatch.setattr(housing, "PLATES", housing.PLATES[1:2])
    monkeypatch.setattr(housing, "FORMATS", ("svg",))
    table, lovac = bm.statistics(), bm.read_source(LOVAC)
    few = pd.Series(range(3, 3 + len(table)), table.index, dtype=float)
    asked = few.rename("social_applications_2024").to_frame()
    counts = bm.describe(
        pd.concat([table, lovac, asked], axis=1).rename_axis("commune"),
        measures={
            **bm.measures_of(table),
            **bm.measures_of(lovac),
            "social_applications_2024": bm.Stock(label="Demandes", vintage="2024"),
        },
    )
    folder = bm.plh("call", out=tmp_path / "plh", counts=counts, formats=(), quiet=True)
    assert main(["check-secrecy", str(folder)]) == 0
    assert "Secret statistique" in (folder / "methode.md").read_text(encoding="utf-8")


# -- a CSV for readers ----------------------------------------------------------------


def acheville(tables, **more):
    """The vacancies of Lens-Liévin, that of Acheville a secret: 6 dwellings."""
    vacant = tables["vacant_dwellings_2021"]
    masked = vacant.mask(vacant.index == "62003")
    told = bm.describe(masked, states={"62003": "secret"})
    return bm.table_of({"vacant_dwellings_2021": told, **more})


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_rate_gives_a_secret_away_in_every_format(kind, tmp_path):
    tables = bm.statistics(epci="call")
    rate = bm.compute("L04", tables)
    table = acheville(tables, dwellings_2021=tables["dwellings_2021"], L04=rate)
    if kind == "csv":
        bm.write_csv(tmp_path / "y.csv", table)
    elif kind == "xlsx":
        bm.write_workbook(tmp_path / "y.xlsx", {"t": table}, title="t")
    else:
        bm.write_parquet(tmp_path / "y.parquet", table)
    found = bm.check_secrecy(tmp_path)
    assert found.found[["code", "low"]].to_numpy().tolist() == [["62003", 6.0]]
    assert found.checked == 71  # 36 totals and 35 vacancies


def test_the_parts_of_a_total_give_a_secret_away_in_a_french_csv(tmp_path):
    tables = bm.statistics(epci="call")
    names = ("dwellings", "main_residences", "secondary_residences")
    more = {f"{n}_2021": tables[f"{n}_2021"] for n in names}
    bm.write_csv(tmp_path / "y.csv", acheville(tables, **more))
    found = bm.check_secrecy(tmp_path)
    assert found.found[["code", "low"]].to_numpy().tolist() == [["62003", 6.0]]


def test_a_number_beside_the_words_of_secrecy_is_refused_in_a_folder(tmp_path):
    text = "Code;Nom;n;n : statut\r\n62003;Acheville;6;Secret statistique\r\n"
    (tmp_path / "y.csv").write_text(text, encoding="utf-8-sig")
    with pytest.raises(SecrecyError, match=r"y.csv.*'n'.*'62003'"):
        bm.check_secrecy(tmp_path)


def test_nothing_is_concluded_of_what_is_not_read(tmp_path):
    text = "Code;n;m\r\n62003;12 env.;1\r\n62001;7;2\r\n"
    (tmp_path / "y.csv").write_text(text, encoding="utf-8-sig")
    told = plain(str(bm.check_secrecy(tmp_path)))
    assert "rien n'est à conclure" in told
    assert "Colonnes non lues, y.csv / y : n." in told
    assert "ne peut être retrouvée" not in told


def test_a_web_page_refuses_parts_that_give_a_secret_away(tmp_path):
    tables = bm.statistics(epci="call")
    names = ("dwellings", "main_residences", "secondary_residences")
    more = {f"{n}_2021": tables[f"{n}_2021"] for n in names}
    given = {"title": "Logements", "author": "Observatoire", "date": "2026-11-29"}
    with pytest.raises(SecrecyError, match=r"62003 vacant_dwellings_2021"):
        bm.write_web_page(
            tmp_path / "p.html", [acheville(tables, **more)], perimeter="call", **given
        )
    two = {"dwellings_2021": tables["dwellings_2021"]}
    bm.write_web_page(
        tmp_path / "p.html", [acheville(tables, **two)], perimeter="call", **given
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Code;n;m\n62003;12 env.;1\n62001;7;2\n", "Colonnes non lues, y.csv / y : n."),
        (
            "Code;n\n62003;1\nEnsemble;3\n",
            "Lignes de territoires inconnus, y.csv / y : ",
        ),
        ("Code;n\n62003;1\n62003;3\n", "Lignes répétées"),
    ],
)
def test_figures_that_are_not_looked_at_are_no_success(text, said, tmp_path, capsys):
    (tmp_path / "y.csv").write_text(text, encoding="utf-8-sig")
    found = bm.check_secrecy(tmp_path)
    assert found.safe
    assert [line.startswith(said) for line in found.unread] == [True]
    assert main(["check-secrecy", str(tmp_path)]) == 2
    assert said in plain(capsys.readouterr().out)
    assert main(["check-secrecy", str(tmp_path), "--partial"]) == 0


def test_a_file_that_does_not_open_is_no_success(tmp_path):
    (tmp_path / "y.csv").write_text("Code;n\n62003;1\n", encoding="utf-8")
    (tmp_path / "z.xlsx").write_bytes(b"PK no workbook")
    assert "z.xlsx" in bm.check_secrecy(tmp_path).unread[0]
    assert main(["check-secrecy", str(tmp_path)]) == 2


def test_codes_and_documents_are_no_figures_that_are_not_read(tmp_path):
    text = "Code;departement;arrondissement;n\n62003;62;627;1\n59178;59;595;2\n"
    (tmp_path / "y.csv").write_text(text, encoding="utf-8")
    (tmp_path / "plh.pdf").write_bytes(b"%PDF-")
    found = bm.check_secrecy(tmp_path)
    assert not found.unread
    assert ".pdf (1)" in str(found)
    assert main(["check-secrecy", str(tmp_path)]) == 0


MASKED = "Code;Nom;menages_2024\n62003;A;s\n62001;B;30\n"


def test_a_total_without_a_code_is_a_row_that_is_not_looked_at(tmp_path):
    (tmp_path / "y.csv").write_text(f"{MASKED};Total;36\n;;\n", encoding="utf-8")
    found = bm.check_secrecy(tmp_path)
    assert found.unread == ("Lignes de territoires inconnus, y.csv / y : Total.",)
    assert main(["check-secrecy", str(tmp_path)]) == 2


def test_a_code_of_an_epci_in_groups_of_digits_is_a_code(tmp_path):
    members = bm.communes(epci="call").index
    rows = "".join(
        f"{code};x;{'s' if i == 0 else 30}\n" for i, code in enumerate(members)
    )
    (tmp_path / "y.csv").write_text(f"Code;Nom;menages_2024\n{rows}", encoding="utf-8")
    total = 30 * (len(members) - 1) + 7
    text = f"SIREN;Nom;menages_2024\n246 200 364;CALL;{total}\n"
    (tmp_path / "z.csv").write_text(text, encoding="utf-8")
    found = bm.check_secrecy(tmp_path).found
    assert found[["code", "low"]].to_numpy().tolist() == [[members[0], 7.0]]


def test_figures_of_a_secret_under_strange_territories_are_no_success(tmp_path):
    (tmp_path / "y.csv").write_text(MASKED, encoding="utf-8")
    text = "secteur;menages_2024\nNord;36\nSud;12\n"
    (tmp_path / "z.csv").write_text(text, encoding="utf-8")
    assert "z.csv / z" in bm.check_secrecy(tmp_path).unread[0]
    assert main(["check-secrecy", str(tmp_path)]) == 2
