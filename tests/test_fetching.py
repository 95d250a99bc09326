"""Files of the network, against a server of this machine that misbehaves as asked."""

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

import basinmap as bm
from basinmap.errors import (
    ArgumentError,
    CodeError,
    DataError,
    FetchError,
    OutputError,
    VintageError,
)
from basinmap.remote.cache import kept_files, record_of, state_of
from basinmap.remote.orders import Manners, Order, fetched_file
from basinmap.sources.offers import offers
from basinmap.sources.producers import PARTNERS, SOURCES

LOVAC = (
    "CODGEO_26;LIBGEO_26;pp_vacant_26;pp_vacant_plus_2ans_26;ff_pp_total_25\n"
    "62498;Lens;1500;860;15000\n62510;Liévin;900;s;13000\n"
).encode("latin-1")
QUICK = {"pause": 0.01, "timeout": 2.0, "quiet": True}


class Handler(BaseHTTPRequestHandler):
    """Serves the body of a path as the mode of the server says."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: C901, PLR0912, PLR0915 - one branch a mode
        server = self.server
        server.asked.append((self.path, dict(self.headers)))
        body = server.bodies.get(self.path.split("?")[0], server.body)
        mode = server.modes.pop(0) if server.modes else "ok"
        if callable(body):
            self.answer(*body(self.path))
            return
        if isinstance(mode, tuple):
            status, headers = mode
            self.answer(status, b"", **headers)
            return
        if mode == "html":
            page = (
                b"<!DOCTYPE html><html><head><title>Portail &eacute;t&eacute;\n captif"
            )
            self.answer(200, page + b"</title></head></html>")
            return
        if mode == "hang":
            server.over.wait(3)
            self.close_connection = True
            return
        start, status = self.start(mode)
        part = body[start:]
        length = len(part) + {"short": 50, "long": -20}.get(mode, 0)
        if mode == "huge":
            length = 10**12
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        if mode != "unmarked":
            self.send_header("ETag", '"edition-1"')
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-/{len(body)}")
        self.end_headers()
        if mode == "slow":
            for piece in (part[:40], part[40:]):
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(0.05)
            return
        if mode in ("cut", "unmarked"):
            part = part[: len(part) // 2]
        self.wfile.write(part)
        if mode in ("cut", "short", "unmarked", "huge"):
            self.wfile.flush()
            self.close_connection = True

    def start(self, mode):
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if not asked or mode == "whole" or self.headers["If-Range"] != '"edition-1"':
            return 0, 200
        return int(asked[1]) + (3 if mode == "elsewhere" else 0), 206

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A server whose clients may hang up."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()
        self.clear()

    def clear(self):
        self.body, self.bodies, self.modes, self.asked = LOVAC, {}, [], []

    @property
    def root(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *args):
        """A client that hangs up is no fault."""


@pytest.fixture(scope="module")
def running():
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield found
        found.over.set()
        found.shutdown()
        thread.join()


def entry(name, *, root, file, kind, **more):
    told = {
        "title": "Essai",
        "producer": "Essai",
        "licence": "Licence Ouverte 2.0",
        "page": "https://exemple.fr/page",
        "seen": "essai",
        "largest": 1,
        "hosts": [],
        **more,
        "kind": kind,
        "file": file,
        "address": f"{root}/{more.get('path', file)}",
        "years": {},
    }
    told.pop("path", None)
    lines = [f"{key} = {json.dumps(value)}" for key, value in told.items()]
    return "\n".join([f"[{name}]", *lines]).replace("years = {}", "") + (
        f"\n[{name}.years]\n"
    )


@pytest.fixture
def server(running, tmp_path, monkeypatch):
    """A server whose addresses go before the true ones, and an empty cache."""
    running.clear()
    root = running.root
    mine = tmp_path / "addresses.toml"
    geopf = f"{root}/wfs?cql=({{departements}})"
    texts = [
        entry("lovac", root=root, file="lovac.csv", kind="csv", latest=2026),
        entry("qpv", root=root, file="qpv.zip", kind="zip", latest=2024),
        entry("filosofi", root=root, file="filosofi.zip", kind="zip", member=""),
        entry("dvf", root=root, file="dvf-{departement}.csv.gz", kind="gz"),
        entry("ban", root=root, file="adresses-{departement}.csv.gz", kind="gz"),
        entry(
            "populations-reference",
            root=root,
            file="populations.zip",
            kind="zip",
            latest=2023,
        ),
        entry("cog-communes", root=root, file="v_commune_2026.csv", kind="csv"),
        entry("cog-mouvements", root=root, file="v_mvt_commune_2026.csv", kind="csv"),
    ]
    wfs = entry("admin-express", root=root, file="{year}-{name}.geojson", kind="json")
    wfs = re.sub(r"(?m)^address = .*$", f'address = "{geopf}"', wfs)
    mine.write_text("\n".join([*texts, wfs]), encoding="utf-8")
    monkeypatch.setenv("BASINMAP_ADDRESSES", str(mine))
    monkeypatch.setenv("BASINMAP_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BASINMAP_OFFLINE", raising=False)
    return running


def lovac(**more):
    return bm.fetch_lovac(2026, **{**QUICK, **more})


def kept(tmp_path):
    return sorted(
        path.name
        for path in (tmp_path / "cache").rglob("*")
        if path.is_file() and not path.name.endswith(".lock")
    )


def zipped(**members):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/"), body)
    return file.getvalue()


# -- what comes --------------------------------------------------------------------


def test_a_file_is_what_its_reader_says_with_where_it_came_from(server, tmp_path):
    table = lovac()
    here = tmp_path / "here.csv"
    here.write_bytes(LOVAC)
    read = bm.read_source(here, "lovac")
    assert table.equals(read)
    assert bm.measures_of(table) == bm.measures_of(read)
    assert bm.column(table, "vacant_private_dwellings_2y_2026").attrs["states"] == {
        "62510": "secret"
    }
    said = bm.report_of(table).notes[-1]
    assert said.startswith("Fichier téléchargé le ")
    assert server.root in said
    path = tmp_path / "cache" / "data" / "lovac" / "lovac.csv"
    record = record_of(path)
    assert record.sha256 == hashlib.sha256(LOVAC).hexdigest()
    assert (record.licence, record.size) == ("Licence Ouverte 2.0", len(LOVAC))
    assert kept(tmp_path) == [".lovac.csv.fetched.json", "lovac.csv"]


def test_what_is_kept_is_asked_for_once_and_again_on_demand(server):
    for _ in range(2):
        lovac()
    assert len(server.asked) == 1
    server.modes = [(304, {})]
    lovac(refresh=True)
    assert server.asked[-1][1]["If-None-Match"] == '"edition-1"'
    server.body = LOVAC.replace(b"1500", b"1600")
    table = lovac(refresh=True)
    assert table.loc["62498", "vacant_private_dwellings_2026"] == 1600
    assert len(server.asked) == 3


def test_the_server_is_told_who_asks_and_packs_nothing(server):
    lovac()
    ((_, headers),) = server.asked
    assert headers["User-Agent"].startswith(f"basinmap/{bm.__version__} (")
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "modes",
    [
        ["slow"],
        ["cut", "ok"],
        ["short", "ok"],
        ["unmarked", "ok"],
        [(503, {"Retry_After": "0"}), (429, {}), "ok"],
        [(503, {"Retry_After": "Wed, 21 Oct 2015 07:28:00 GMT"}), "ok"],
        [(302, {"Location": "/again/lovac.csv"}), "ok"],
    ],
    ids=str,
)
def test_a_server_that_stumbles_is_waited_for(server, tmp_path, modes):
    server.modes = list(modes)
    assert lovac().loc["62498", "private_dwellings_2025"] == 15000
    assert kept(tmp_path) == [".lovac.csv.fetched.json", "lovac.csv"]


def large(server, tmp_path, **more):
    """Fetch a file of several pieces."""
    server.body = b"0123456789abcdef" * 20_000
    order = Order(
        name="essai",
        address=f"{server.root}/large.csv",
        target=tmp_path / "large" / "large.csv",
        kind="csv",
        largest=1_000_000,
    )
    fetched_file(order, Manners(**{**QUICK, **more}))
    return order.target.read_bytes() == server.body


@pytest.mark.parametrize(
    "then", [["ok"], ["whole"], ["elsewhere", "ok"], ["cut", "ok"]]
)
def test_a_file_goes_on_where_it_was_cut(server, tmp_path, then):
    server.modes = ["cut"]
    with pytest.raises(FetchError, match="the answer is cut"):
        large(server, tmp_path, attempts=1)
    there = sorted(path.name for path in (tmp_path / "large").iterdir())
    assert there == [".large.csv.part", ".large.csv.part.json"]
    size = (tmp_path / "large" / ".large.csv.part").stat().st_size
    assert size == 131_072
    server.modes = list(then)
    assert large(server, tmp_path)
    assert server.asked[1][1]["Range"] == f"bytes={size}-"
    assert server.asked[1][1]["If-Range"] == '"edition-1"'


def test_another_edition_is_not_glued_to_the_beginning_of_the_first(server, tmp_path):
    server.modes = ["cut"]
    with pytest.raises(FetchError):
        large(server, tmp_path, attempts=1)
    part = tmp_path / "large" / ".large.csv.part"
    part.write_bytes(b"another edition" * 1000)
    told = json.loads(part.with_name(".large.csv.part.json").read_text())
    text = json.dumps({**told, "etag": '"edition-0"'})
    part.with_name(".large.csv.part.json").write_text(text)
    assert large(server, tmp_path)


def test_what_comes_too_slowly_is_kept_for_the_next_time(server, tmp_path):
    with pytest.raises(FetchError, match="came in time, not all; they are kept"):
        large(server, tmp_path, deadline=1e-9)
    assert large(server, tmp_path)
    assert "Range" in server.asked[1][1]


# -- what is refused ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("html", r"is a web page, « Portail été captif », in place of the file"),
        ((404, {}), r"error 404 of the server; producers move their files"),
        ((403, {}), r"error 403 of the server"),
        ((429, {"Retry_After": "3600"}), r"error 429 .* come again in 3600 s"),
        ((503, {"Retry_After": "5000"}), r"error 503 .* come again in 5000 s"),
        ((302, {"Location": "http://ailleurs.fr/x"}), r"another server, 'ailleurs.fr'"),
        ((302, {"Location": "file:///etc/passwd"}), r"another server, 'file:///etc"),
        ("huge", r"sends 1,000,000,000,000 bytes or more, where 1,000,000"),
        ("hang", r"no answer in time"),
    ],
    ids=str,
)
def test_what_is_no_file_is_refused_with_what_to_do(server, tmp_path, mode, said):
    server.modes = [mode]
    with pytest.raises(FetchError, match=said) as caught:
        lovac(attempts=1, timeout=0.2)
    told = str(caught.value)
    assert f"{server.root}/lovac.csv (see https://exemple.fr/page)" in told
    assert str(tmp_path / "cache/data/lovac/lovac.csv") in told
    assert "basinmap data fetch lovac --year 2026 --from FILE" in told
    assert "lovac.csv" not in kept(tmp_path)


def test_a_server_that_sends_round_is_left(server):
    server.modes = [(302, {"Location": "/lovac.csv"})] * 6
    with pytest.raises(FetchError, match="sent on without end"):
        lovac()


def test_a_declared_server_may_answer(server):
    elsewhere = server.root.replace("127.0.0.1", "localhost") + "/lovac.csv"
    server.modes = [(302, {"Location": elsewhere}), "ok"]
    with pytest.raises(FetchError, match="another server, 'localhost'"):
        lovac()
    server.modes = [(302, {"Location": elsewhere}), "ok"]
    assert len(lovac(hosts=("localhost",))) == 2


def test_a_server_is_asked_no_more_than_so_many_times(server):
    server.modes = [(503, {})] * 9
    with pytest.raises(FetchError, match="error 503 of the server"):
        lovac(attempts=3)
    assert len(server.asked) == 3


def test_a_file_that_says_less_than_it_sends_is_no_whole_zip(server, tmp_path):
    server.body = zipped(**{"cc_filosofi_2021_COM.csv": "CODGEO;MED21\n62498;1\n"})
    server.modes = ["long"]
    with pytest.raises(FetchError, match="is no zip, or one that is cut"):
        bm.fetch_source("filosofi", **QUICK, attempts=1)
    assert kept(tmp_path) == ["filosofi.zip.refused"]


@pytest.mark.usefixtures("server")
def test_another_digest_is_refused_and_kept_aside(tmp_path):
    with pytest.raises(FetchError, match=r"sha256 .* where 0{64} is, kept aside as"):
        lovac(sha256="0" * 64)
    assert kept(tmp_path) == ["lovac.csv.refused"]
    lovac(sha256=hashlib.sha256(LOVAC).hexdigest())
    with pytest.raises(FetchError, match="is not the one expected"):
        lovac(sha256="0" * 64)


@pytest.mark.usefixtures("server")
def test_a_file_changed_by_hand_is_told(tmp_path):
    lovac()
    path = tmp_path / "cache/data/lovac/lovac.csv"
    path.write_bytes(LOVAC + b"62001;Ablain;1;1;2\n")
    with pytest.raises(FetchError, match="no longer what was fetched"):
        lovac()
    assert len(lovac(refresh=True)) == 2


def bomb():
    return zipped(**{"bombe.csv": bytes(5_000_000)})


def linked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = zipfile.ZipInfo("lien.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (bomb, "more than 200 times as large as they are packed: 'bombe.csv'"),
        (lambda: zipped(**{"..__..__x.csv": "a"}), "lead out of it: '../../x.csv'"),
        (lambda: zipped(**{"__etc__x.csv": "a"}), "lead out of it: '/etc/x.csv'"),
        (lambda: zipped(**{"C:\\x.csv": "a"}), "lead out of it"),
        (linked, "lead out of it: 'lien.csv'"),
        (lambda: zipped(**{f"{i}.csv": "" for i in range(10_001)}), "10,001 files"),
        (lambda: b"%PDF-1.7 no zip", r"is no .zip, it begins with b'%PDF-1.7'"),
        (lambda: b"", "is empty"),
    ],
    ids=["bomb", "parent", "root", "drive", "link", "many", "other", "empty"],
)
def test_a_zip_that_harms_is_refused(server, tmp_path, body, said):
    server.body = body()
    with pytest.raises(FetchError, match=re.escape(said).replace(r"\ ", " ")):
        bm.fetch_source("filosofi", **QUICK)
    assert "filosofi.zip" not in kept(tmp_path)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (gzip.compress(LOVAC)[:-6], r"is no whole \.gz"),
        (gzip.compress(bytes(21_000_000)), "over 20,000,000 bytes once unpacked"),
        (LOVAC, r"is no \.gz"),
    ],
    ids=["cut", "bomb", "other"],
)
def test_a_gz_that_is_cut_or_grows_is_refused(server, body, said):
    server.body = body
    with pytest.raises(FetchError, match=said):
        bm.fetch_source("ban", departement="62", **QUICK)


@pytest.mark.usefixtures("server")
def test_only_https_is_asked_of_others(tmp_path, monkeypatch):
    mine = tmp_path / "plain.toml"
    text = entry("lovac", root="http://exemple.fr", file="l.csv", kind="csv")
    mine.write_text(text)
    monkeypatch.setenv("BASINMAP_ADDRESSES", str(mine))
    with pytest.raises(FetchError, match="is no address of https"):
        bm.fetch_lovac(2026)
    mine.write_text("[lovac]\nwhat = 1\n")
    with pytest.raises(DataError, match=r"addresses, \[lovac\]: unknown 'what'"):
        bm.fetch_lovac(2026)
    mine.write_text("[lovac")
    with pytest.raises(DataError, match="no file of addresses"):
        bm.fetch_lovac(2026)


# -- without a network -------------------------------------------------------------


def test_without_a_network_it_says_which_file_to_put_where(server):
    with pytest.raises(FetchError, match="the network is not asked") as caught:
        lovac(offline=True)
    place = re.search(r"put it as (\S+), or", str(caught.value))[1]
    Path(place).write_bytes(LOVAC)
    table = lovac(offline=True)
    assert "Fichier fourni (lovac.csv)" in bm.report_of(table).notes[-1]
    assert not server.asked


def test_nothing_is_asked_where_the_environment_forbids_it(server, monkeypatch):
    monkeypatch.setenv("BASINMAP_OFFLINE", "1")
    with pytest.raises(FetchError, match="offline"):
        lovac()
    assert not server.asked


def test_a_file_given_by_hand_is_checked_and_kept_as_another(server, tmp_path):
    here = tmp_path / "mon lovac.csv"
    here.write_bytes(LOVAC)
    assert "mon lovac.csv" in bm.report_of(lovac(file=here)).notes[-1]
    here.unlink()
    assert len(lovac(offline=True)) == 2
    here.write_bytes(b"<html><title>Connexion</title>")
    with pytest.raises(FetchError, match="is a web page, « Connexion »"):
        lovac(file=here)
    with pytest.raises(DataError, match="no file"):
        lovac(file=tmp_path / "absent.csv")
    assert not server.asked


@pytest.mark.usefixtures("server")
def test_a_server_that_is_not_there_is_told(tmp_path, monkeypatch):
    mine = tmp_path / "gone.toml"
    mine.write_text(entry("lovac", root="http://127.0.0.1:9", file="l.csv", kind="csv"))
    monkeypatch.setenv("BASINMAP_ADDRESSES", str(mine))
    with pytest.raises(FetchError, match=r"127\.0\.0\.1: no connection; fetch"):
        lovac(attempts=2)


@pytest.mark.usefixtures("server")
def test_a_cache_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="no folder to write in"):
        lovac(cache=tmp_path / "file")


def test_two_processes_fetch_a_file_once(server, tmp_path):
    server.modes = ["slow"]
    code = "import basinmap as bm; bm.fetch_lovac(2026, timeout=5); print('ok')"
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [run.communicate(timeout=60)[0].strip() for run in runs] == ["ok", "ok"]
    assert len(server.asked) == 1
    assert kept(tmp_path) == [".lovac.csv.fetched.json", "lovac.csv"]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"timeout": 0}, DataError),
        ({"attempts": 0}, DataError),
        ({"sha256": "abc"}, DataError),
        ({"refresh": "oui"}, ArgumentError),
        ({"hosts": 3}, ArgumentError),
    ],
)
@pytest.mark.usefixtures("server")
def test_options_that_make_no_sense_are_refused(options, error):
    with pytest.raises(error):
        lovac(**options)


# -- each verb ---------------------------------------------------------------------


@pytest.mark.usefixtures("server")
def test_an_edition_that_is_another_is_refused():
    with pytest.raises(VintageError, match=r"2027 was asked for, .* are of 2025, 2026"):
        bm.fetch_lovac(2027, **QUICK)


def test_populations_are_those_of_the_year(server):
    head = "CODREG;REG;CODDEP;CODARR;CODCAN;CODCOM;COM;Commune;PMUN;PCAP;PTOT\n"
    row = "32;Hauts-de-France;62;7;99;498;62498;Lens;32000;300;32300\n"
    server.body = zipped(**{"donnees_communes.csv": head + row})
    table = bm.fetch_populations(2023, **QUICK)
    assert table["population_2023"].to_dict() == {"62498": 32000.0}
    assert table.attrs["measures"]["population_2023"]["vintage"] == "2023"


def test_the_cog_comes_with_its_list(server):
    communes = (
        "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT\n"
        "COM,62498,32,62,62D,627,0,LENS,Lens,Lens,6299,\n"
        "COM,59004,32,59,59D,595,1,AIX,Aix,Aix-en-Pévèle,5999,\n"
    )
    movements = (
        "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TNCC_AV,NCC_AV,NCCENR_AV,LIBELLE_AV,"
        "TYPECOM_AP,COM_AP,TNCC_AP,NCC_AP,NCCENR_AP,LIBELLE_AP\n"
        "10,2018-11-08,COM,59004,1,AIX,Aix,Aix,COM,59004,1,AIX,Aix,Aix-en-Pévèle\n"
    )
    server.bodies = {
        "/v_commune_2026.csv": communes.encode(),
        "/v_mvt_commune_2026.csv": movements.encode(),
    }
    events = bm.fetch_cog(2026, **QUICK)
    assert events["kind"].tolist() == ["changement de nom"]
    assert set(events.attrs["communes"]) == {"62498", "59004"}
    assert bm.fetch_cog(2026, part="communes", **QUICK).loc["62498", "name"] == "Lens"


def served(codes, matched=None):
    """Return communes as the service of IGN does."""
    frame = bm.communes(epci="call").loc[codes, ["name", "geometry"]]
    frame = frame.reset_index().rename(
        columns={"commune": "code_insee", "name": "nom_officiel"}
    )
    frame["code_insee_du_departement"] = frame["code_insee"].str[:2]
    told = json.loads(frame.to_json(drop_id=True))
    told["crs"] = {
        "type": "name",
        "properties": {"name": "urn:ogc:def:crs:EPSG::2154"},
    }
    count = len(codes) if matched is None else matched
    return json.dumps({**told, "numberMatched": count}).encode()


def test_outlines_are_those_that_read_outlines_returns(server):
    codes = bm.communes(epci="call").index[:5]
    server.body = served(codes)
    frame = bm.fetch_outlines(["62"], **QUICK)
    assert server.asked[0][0] == "/wfs?cql=(%2762%27)"
    assert frame.index.tolist() == sorted(codes)
    assert frame.crs.to_epsg() == 2154
    assert (
        frame.attrs["sources"]
        == ("IGN, ADMIN EXPRESS COG, communes au 1er janvier 2026",)
        or "ADMIN EXPRESS COG" in frame.attrs["sources"][0]
    )
    assert "téléchargé" in bm.report_of(frame).notes[-1]


def test_outlines_that_are_not_all_there_are_refused(server):
    server.body = served(bm.communes(epci="call").index[:5], matched=890)
    with pytest.raises(FetchError, match="5 of 890 communes"):
        bm.fetch_outlines(["62"], **QUICK)
    with pytest.raises(CodeError, match="no such département"):
        bm.fetch_outlines(["999"], **QUICK)


def test_quartiers_are_those_of_the_departements(server):
    box = shapely.box(2.80, 50.42, 2.81, 50.43)
    far = shapely.box(55.4, -20.9, 55.5, -20.8)
    frame = gpd.GeoDataFrame(
        {
            "code_qp": ["QN06201M", "QN97401M"],
            "lib_qp": ["Grande Résidence", "Le Bas"],
            "insee_dep": ["62", "974"],
            "insee_com": ["62498, 62510", "97411"],
        },
        geometry=[box, far],
        crs=4326,
    )
    name = "GEOJSON__QP2024_France_Hexagonale_Outre_Mer_WGS84.geojson"
    inside = {name: frame.to_json()}
    server.body = zipped(**inside)
    found = bm.fetch_qpv(**QUICK)
    assert found.index.tolist() == ["QN06201M"]
    assert found["generation"].tolist() == ["2024"]
    assert found["insee_com"].tolist() == ["62498, 62510"]
    with pytest.raises(DataError, match="no quartier in 80, of 2"):
        bm.fetch_qpv(["80"], **QUICK)


def test_addresses_of_a_departement_are_points(server):
    head = "id;code_insee;x;y;lon;lat;type_position\n"
    row = "62498_1;62498;685200.0;7036900.0;2.792009;50.429451;entrée\n"
    server.body = gzip.compress((head + row).encode())
    points = bm.fetch_source("ban", departement="62", **QUICK)
    assert points["commune"].tolist() == ["62498"]
    with pytest.raises(DataError, match="one file for each departement"):
        bm.fetch_source("ban", **QUICK)
    with pytest.raises(DataError, match="lovac is one file: leave departement= out"):
        bm.fetch_source("lovac", departement="62", **QUICK)


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("sne", DataError, "read_table"),
        ("sru", CodeError, "no address is known of 'sru'"),
        ("inconnu", CodeError, "unknown source"),
        ("gtfs", CodeError, "bm.fetch_gtfs"),
    ],
)
@pytest.mark.usefixtures("server")
def test_what_has_no_address_says_what_to_do(name, error, said):
    with pytest.raises(error, match=said):
        bm.fetch_source(name, **QUICK)


# -- what is offered ---------------------------------------------------------------


def test_every_offer_is_of_https_with_its_licence_and_how_it_is_known():
    known = offers()
    for offer in known.values():
        told = [offer.address, offer.md5, *(e.address for e in offer.years.values())]
        assert all(a.startswith("https://") for a in told if a), offer.id
        assert all([offer.licence, offer.producer, offer.title]), offer.id
        assert offer.page.startswith("https://"), offer.id
        assert "20" in offer.seen, offer.id
        assert bool(offer.years) != bool(offer.address), offer.id
        assert hasattr(bm, offer.verb), offer.id
    ours = {source.id for source in SOURCES}
    generic = {o.id for o in known.values() if o.verb == "fetch_source"}
    assert generic <= ours
    assert not generic & set(PARTNERS)


@pytest.mark.usefixtures("server")
def test_verify_knows_what_is_whole_changed_or_gone(tmp_path):
    lovac()
    (path,) = kept_files(tmp_path / "cache/data")
    assert state_of(path) == "whole"
    path.write_bytes(b"x")
    assert state_of(path) == "changed"
    path.unlink()
    assert state_of(path) == "gone"
