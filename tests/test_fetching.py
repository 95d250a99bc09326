"""Files of the network, against a server of this machine that misbehaves as asked."""

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import warnings
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import numpy as np
import osmium
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from osmium.osm import mutable
from pyproj import Transformer

import basinmap as bm
from basinmap import cli
from basinmap.errors import (
    ArgumentError,
    CodeError,
    DataError,
    FetchError,
    OutputError,
    VintageError,
)
from basinmap.remote import door, orders
from basinmap.remote.cache import kept_files, record_of, state_of
from basinmap.remote.door import ElsewhereError, ask, pieces, reason_of
from basinmap.remote.orders import Manners, Order, fetched_file
from basinmap.sources.offers import offers
from basinmap.sources.producers import PARTNERS, SOURCES

LOVAC = (
    "CODGEO_26;LIBGEO_26;pp_vacant_26;pp_vacant_plus_2ans_26;ff_pp_total_25\n"
    "62498;Lens;1500;860;15000\n62510;Liévin;900;s;13000\n"
).encode("latin-1")
GUIDE = (
    Path(__file__).parents[1].joinpath("docs/how-to/telecharger.md").read_text("utf-8")
)
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
        if isinstance(mode, int):
            part = part[:mode]
        self.wfile.write(part)
        if mode in ("cut", "short", "unmarked", "huge") or isinstance(mode, int):
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


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    """Ask nothing of the true network, whatever a test forgets."""
    monkeypatch.setenv("BASINMAP_OFFLINE", "1")


@pytest.fixture
def server(_offline, running, tmp_path, monkeypatch):
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
    texts += [
        entry("osm", root=root, file="{region}.osm.pbf", kind="pbf", md5=f"{root}/md5"),
        entry(
            "gtfs", root=root, file="{dataset}.zip", kind="zip", path="api/{dataset}"
        ),
        entry("isochrones", root=root, file="{name}.json", kind="json", path="iso"),
        entry("itineraires", root=root, file="{name}.json", kind="json", path="way"),
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


def test_an_interruption_leaves_nothing_half_written(server, tmp_path, monkeypatch):
    def interrupted(answer, **more):
        yield next(pieces(answer, **more))
        raise KeyboardInterrupt

    monkeypatch.setattr(orders, "pieces", interrupted)
    with pytest.raises(KeyboardInterrupt):
        large(server, tmp_path)
    assert not (tmp_path / "large" / "large.csv").exists()
    monkeypatch.setattr(orders, "pieces", pieces)
    assert large(server, tmp_path)
    assert server.asked[1][1]["Range"] == "bytes=65536-"


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(cuts=st.lists(st.integers(0, 200_000), max_size=4))
def test_a_file_that_is_cut_anywhere_is_whole_in_the_end(server, tmp_path, cuts):
    server.modes = list(cuts)
    folder = Path(tempfile.mkdtemp(dir=tmp_path))
    assert large(server, folder, attempts=5, pause=0)
    assert [path.name for path in (folder / "large").glob(".*part*")] == []


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
        (
            (302, {"Location": "http://ailleurs.fr/x"}),
            r"'ailleurs.fr'; write hosts=\('ail",
        ),
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


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ("http://exemple.fr/b.zip", "http://exemple.fr/b.zip"),
        ("HTTP://EXEMPLE.FR:80/b.zip", "HTTP://EXEMPLE.FR:80/b.zip"),
        ("https://exemple.fr/b.zip", None),
        ("/b.zip", None),
        ("//exemple.fr/b.zip", None),
    ],
)
def test_the_same_server_may_not_send_from_https_to_http(monkeypatch, told, where):
    asked = []

    def answered(address, **_):
        asked.append(address)
        answer = door.Answer()
        answer.status_code, answer.raw = 302, io.BytesIO()
        if len(asked) == 1:
            answer.headers["location"] = told
        return answer

    monkeypatch.setattr(door.requests, "get", answered)
    if where is None:
        assert ask("https://exemple.fr/a.zip", timeout=1).status_code == 302
        assert asked[1:] == ["https://exemple.fr/b.zip"]
        return
    with pytest.raises(ElsewhereError) as caught:
        ask("https://exemple.fr/a.zip", timeout=1)
    assert reason_of(caught.value) == f"sent on from https to http, {where!r}"
    assert asked == ["https://exemple.fr/a.zip"]


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
    with pytest.raises(FetchError, match="is not the file expected"):
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


def test_what_was_fetched_and_cannot_be_read_says_how_to_be_rid_of_it(server):
    server.body = b"Service indisponible\nRevenez plus tard\n"
    with pytest.raises(
        FetchError, match=r"what was fetched cannot be read: .*refresh="
    ):
        lovac()
    server.body = LOVAC
    assert len(lovac(refresh=True)) == 2


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
    path = tmp_path / "cache" / "lovac.csv"
    code = (
        "from pathlib import Path\n"
        "from basinmap.remote.orders import Manners, Order, fetched_file\n"
        f"order = Order(name='x', address='{server.root}/lovac.csv', kind='csv',\n"
        f"    target=Path({str(path)!r}), largest=1000)\n"
        "fetched_file(order, Manners())\n"
        "print('ok')"
    )
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
        ({"timeut": 3}, ArgumentError),
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


def test_outlines_of_others_are_those_that_read_territory_returns(server):
    frame = gpd.GeoDataFrame(
        {
            "code_insee": ["80021", "80001"],
            "nom_officiel": ["Amiens", "Abbeville"],
            "code_insee_du_departement": ["80", "80"],
            "codes_siren_des_epci": ["248000531", "200070993"],
            "superficie_cadastrale": [4900, 2500],
        },
        geometry=[
            shapely.box(645_000, 6_970_000, 652_000, 6_977_000),
            shapely.box(605_000, 6_998_000, 610_000, 7_003_000),
        ],
        crs=2154,
    )
    told = json.loads(frame.to_json(drop_id=True))
    told["crs"] = {"type": "name", "properties": {"name": "EPSG:2154"}}
    server.body = json.dumps({**told, "numberMatched": 2}).encode()
    somme = bm.fetch_outlines(["80"], **QUICK)
    assert somme.loc["80021", ["name", "epci", "region"]].tolist() == [
        "Amiens",
        "248000531",
        "32",
    ]
    assert somme["area_km2"].tolist() == [25.0, 49.0]


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


# -- streets and timetables --------------------------------------------------------


def extract(path):
    """Write two streets, one near the museum and one at 60 km."""
    to_degrees = Transformer.from_crs(2154, 4326, always_xy=True)
    x, y = bm.LOUVRE_LENS.point.x, bm.LOUVRE_LENS.point.y
    header = osmium.io.Header()
    header.set("osmosis_replication_timestamp", "2026-11-01T00:00:00Z")
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for i, (east, north) in enumerate([(0, 0), (900, 0), (60e3, 0), (61e3, 0)]):
            place = to_degrees.transform(x + east, y + north)
            tags = {"barrier": "bollard"} if i == 1 else {}
            writer.add_node(mutable.Node(id=i + 1, location=place, tags=tags))
        tags = {"highway": "residential"}
        writer.add_way(mutable.Way(id=1, nodes=[1, 2], tags=tags))
        writer.add_way(mutable.Way(id=2, nodes=[3, 4], tags=tags))
    return path.read_bytes()


def test_streets_are_those_around_the_place(server, tmp_path):
    body = extract(tmp_path / "a.osm.pbf")
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    server.bodies = {
        "/nord-pas-de-calais.osm.pbf": body,
        "/md5": f"{digest}  nord-pas-de-calais-latest.osm.pbf\n".encode(),
    }
    asked = {"mode": "walk", "around": bm.LOUVRE_LENS, **QUICK}
    network = bm.fetch_network(**asked)
    assert (len(network.x), len(network.tail)) == (2, 2)
    assert network.length[0] == pytest.approx(900, abs=2)
    assert plain(network.source).endswith("extrait du 1er novembre 2026")
    (cut,) = (tmp_path / "cache/data/osm").glob("*-40000-*.osm.pbf")
    nodes = osmium.FileProcessor(str(cut), osmium.osm.NODE)
    assert {n.id: dict(n.tags) for n in nodes} == {1: {}, 2: {"barrier": "bollard"}}
    assert plain(network.notes[-2]).startswith(
        "Rues d'un carré de 80 km de côté autour de"
    )
    assert network.notes[-1].startswith("Fichier téléchargé le")
    far = bm.fetch_network(**{**asked, "within": 70_000})
    assert far.report.parts == 2
    assert len(server.asked) == 2
    with pytest.raises(DataError, match="Lille"):
        bm.fetch_network("Lille", mode="walk", **QUICK)


def test_streets_of_another_digest_are_kept_aside(server, tmp_path):
    body = extract(tmp_path / "a.osm.pbf")
    server.bodies = {"/picardie.osm.pbf": body, "/md5": b"0" * 32}
    with pytest.raises(FetchError, match="not the one its producer announces"):
        bm.fetch_network("picardie", mode="walk", **QUICK)
    assert kept(tmp_path) == ["picardie.osm.pbf.refused"]
    server.bodies["/picardie.osm.pbf"] = b"no map"
    with pytest.raises(FetchError, match="no extract of OpenStreetMap"):
        bm.fetch_network("picardie", mode="walk", **QUICK)


def feed():
    """Return a feed of two stops."""
    return zipped(
        **{
            "agency.txt": "agency_name\nTadao",
            "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\n"
            "a,Gare,50.427,2.828\nb,Louvre-Lens,50.431,2.804",
            "routes.txt": "route_id,route_short_name,route_type\n1,Navette,3",
            "calendar_dates.txt": "service_id,date,exception_type\ns,20250114,1",
            "trips.txt": "route_id,service_id,trip_id\n1,s,t",
            "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,"
            "stop_sequence\nt,08:00:00,08:00:00,a,1\nt,08:06:00,08:06:00,b,2",
        }
    )


def dataset(*resources, licence="odc-odbl"):
    return json.dumps({"licence": licence, "resources": list(resources)}).encode()


def test_timetables_are_those_of_the_data_set_with_its_licence(server):
    one = {"format": "GTFS", "title": "Tadao", "url": f"{server.root}/tadao.zip"}
    other = {"format": "gtfs-rt", "title": "Temps réel", "url": f"{server.root}/x"}
    server.bodies = {"/api/5c1a": dataset(other, one), "/tadao.zip": feed()}
    timetable = bm.fetch_gtfs("5c1a", **QUICK)
    assert timetable.stops["name"].tolist() == ["Gare", "Louvre-Lens"]
    assert "ODbL 1.0" in timetable.source
    assert f"{server.root}/tadao.zip" in timetable.notes[-1]
    assert "ODbL 1.0" in bm.fetch_gtfs("5c1a", offline=True).source
    assert len(server.asked) == 2


def test_a_data_set_says_which_file_is_meant(server, tmp_path):
    def found(name):
        return {"format": "GTFS", "title": name, "url": f"{server.root}/{name}.zip"}

    server.bodies = {
        "/api/deux": dataset(found("bus"), found("train"), licence="inconnue"),
        "/api/rien": dataset(),
        "/api/autre": b"[]",
        "/api/loin": dataset({"format": "GTFS", "url": "https://ailleurs.fr/a.zip"}),
        "/train.zip": feed(),
    }
    with pytest.raises(
        DataError, match="2 GTFS files: 'bus', 'train'; write resource="
    ):
        bm.fetch_gtfs("deux", **QUICK)
    assert "inconnue" in bm.fetch_gtfs("deux", resource="train", **QUICK).source
    with pytest.raises(DataError, match="no GTFS file"):
        bm.fetch_gtfs("rien", **QUICK)
    with pytest.raises(FetchError, match="another thing than a data set"):
        bm.fetch_gtfs("autre", **QUICK)
    with pytest.raises(FetchError, match=r"hosts=\('ailleurs.fr',\)"):
        bm.fetch_gtfs("loin", **QUICK)
    here = tmp_path / "mien.zip"
    here.write_bytes(feed())
    assert "mien.zip" in bm.fetch_gtfs("rien", file=here).notes[-1]
    with pytest.raises(DataError, match="letters, digits and hyphens"):
        bm.fetch_gtfs("../etc", **QUICK)


# -- the navigation service --------------------------------------------------------

TO_DEGREES = Transformer.from_crs(2154, 4326, always_xy=True)
X, Y = bm.LOUVRE_LENS.point.x, bm.LOUVRE_LENS.point.y


def asked_of(path):
    return {key: value[0] for key, value in parse_qs(urlsplit(path).query).items()}


def area(path):
    """Answer as the service does: here, ten metres a second, as the crow flies."""
    asked = asked_of(path)
    lon, lat = map(float, asked["point"].split(","))
    x, y = TO_DEGREES.transform(lon, lat, direction="INVERSE")
    disk = shapely.Point(x, y).buffer(10 * float(asked["costValue"]))
    shape = shapely.transform(
        disk, lambda xy: np.column_stack(TO_DEGREES.transform(*xy.T))
    )
    told = {**asked, "geometry": shapely.geometry.mapping(shape), "alerts": []}
    return 200, json.dumps({**told, "costValue": int(asked["costValue"])}).encode()


def way(path):
    """Answer as the service does: a second for ten metres, from streets 30 m east."""
    asked = asked_of(path)
    ends = [tuple(map(float, asked[key].split(","))) for key in ("start", "end")]
    metres = [TO_DEGREES.transform(*end, direction="INVERSE") for end in ends]
    length = float(np.hypot(*np.subtract(*metres)))
    if length > 50_000:
        error = {"errorType": "INVALID", "message": "Aucun itinéraire"}
        return 404, json.dumps({"error": error}).encode()
    line = [TO_DEGREES.transform(x + 30, y) for x, y in metres]
    seconds = length / 10 + (100 if metres[0][0] > metres[1][0] else 0)
    told = {
        **asked,
        "duration": seconds,
        "distance": length,
        "geometry": {"type": "LineString", "coordinates": line},
    }
    return 200, json.dumps(told).encode()


def there(**places):
    xy = np.array(list(places.values())) + np.array([X, Y])
    return gpd.GeoSeries.from_xy(*xy.T, index=list(places), crs=2154)


def test_areas_are_those_of_the_service_in_the_frame_of_isochrones(server):
    server.bodies = {"/iso": area}
    frame = bm.fetch_isochrones(
        bm.LOUVRE_LENS, mode="car", minutes=[5, 10], direction="to", **QUICK
    )
    assert frame.index.tolist() == [5, 10]
    assert frame.index.name == "isochrone"
    assert list(frame.columns) == ["inner", "outer", "label", "geometry"]
    assert frame["label"].tolist() == ["moins de 5 min", "de 5 à moins de 10 min"]
    disk = np.pi * 3000**2
    assert frame.area.tolist() == pytest.approx([disk, 3 * disk], rel=0.01)
    assert frame.crs.to_epsg() == 2154
    asked = asked_of(server.asked[0][0])
    assert asked["direction"] == "arrival"
    assert (asked["profile"], asked["costValue"]) == ("car", "300")
    assert "service de navigation de l'IGN" in plain(frame.attrs["rule"])
    assert "jusqu'au lieu" in plain(frame.attrs["rule"])
    assert re.search(r"Géoplateforme, consulté le \d", frame.attrs["sources"][0])
    assert frame.attrs["engine"] == "Géoplateforme (bdtopo-valhalla)"
    whole = bm.fetch_isochrones(
        bm.LOUVRE_LENS,
        mode="car",
        minutes=[5, 10],
        direction="to",
        nested=True,
        offline=True,
    )
    assert whole.area.tolist() == pytest.approx([disk, 4 * disk], rel=0.01)
    assert len(server.asked) == 2


def plain(text):
    return text.replace("\u2019", "'").replace("\u00a0", " ").replace("\u202f", " ")


def test_several_places_have_areas_of_their_own(server):
    server.bodies = {"/iso": area}
    frame = bm.fetch_isochrones(
        there(a=(0, 0), b=(9000, 0)), mode="walk", minutes=[5], **QUICK
    )
    assert frame.index.tolist() == [("a", 5), ("b", 5)]
    assert asked_of(server.asked[0][0])["profile"] == "pedestrian"


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ({"costValue": 60}, FetchError, "asked for an area of 300 s"),
        ({"profile": "pedestrian"}, FetchError, "answered 'pedestrian'"),
        ({"direction": "arrival"}, FetchError, "answered 'arrival'"),
        ({"geometry": None}, FetchError, "no area in the answer"),
        ({"geometry": {"type": "Point", "coordinates": [2, 50]}}, FetchError, "Point"),
        (
            {"geometry": shapely.geometry.mapping(shapely.box(2.9, 50.3, 3.0, 50.4))},
            DataError,
            "m from all that is reached",
        ),
    ],
    ids=["time", "profile", "direction", "none", "point", "far"],
)
def test_an_answer_to_another_question_is_refused(server, answer, error, said):
    def wrong(path):
        return 200, json.dumps({**json.loads(area(path)[1]), **answer}).encode()

    server.bodies = {"/iso": wrong}
    with pytest.raises(error, match=said):
        bm.fetch_isochrones(bm.LOUVRE_LENS, mode="car", minutes=[5], **QUICK)


def test_what_the_service_says_of_its_refusal_is_told(server):
    message = {"error": {"errorType": "INVALID", "message": "Parameter 'point' hors"}}
    server.bodies = {"/iso": lambda _: (400, json.dumps(message).encode())}
    with pytest.raises(FetchError, match=r"error 400 .*« Parameter 'point' hors »"):
        bm.fetch_isochrones(bm.LOUVRE_LENS, mode="car", minutes=[5], **QUICK)
    server.bodies = {}
    server.modes = [(429, {"Retry_After": "900"})]
    with pytest.raises(FetchError, match=r"error 429 .* come again in 900 s"):
        bm.fetch_isochrones(bm.LOUVRE_LENS, mode="car", minutes=[5], **QUICK)


def test_times_are_those_of_the_service_in_the_frame_of_travel_times(server):
    server.bodies = {"/way": way}
    homes = there(a=(0, 0), b=(3000, 0))
    table = bm.fetch_travel_times(homes, bm.LOUVRE_LENS, mode="car", **QUICK)
    assert table.index.names == ["origin", "destination"]
    assert list(table.columns) == ["minutes", "off_street"]
    assert table["minutes"].iloc[0] == 0  # at the place itself: nothing is asked
    walk = 60 * 0.06 / 4
    assert table["minutes"].iloc[1] == pytest.approx((300 + 100) / 60 + walk, abs=0.01)
    assert table["off_street"].tolist() == pytest.approx([0, 60], abs=0.5)
    assert len(server.asked) == 1
    back = bm.fetch_travel_times(
        homes.loc[["b"]], bm.LOUVRE_LENS, mode="car", direction="to", **QUICK
    )
    assert back["minutes"].iloc[0] == pytest.approx(300 / 60 + walk, abs=0.01)
    assert back.attrs["engine"] == "Géoplateforme (bdtopo-osrm)"
    assert "jusqu'au lieu, marche" in plain(back.attrs["rule"])


def test_a_pair_without_a_way_has_no_time(server):
    server.bodies = {"/way": way}
    homes = there(a=(3000, 0), loin=(60_000, 0))
    with pytest.warns(bm.errors.BasinmapWarning, match="1 pair.* no way: 'loin – "):
        table = bm.fetch_travel_times(homes, bm.LOUVRE_LENS, mode="car", **QUICK)
    assert table["minutes"].isna().tolist() == [False, True]
    table = bm.fetch_travel_times(
        homes.loc[["a"]], bm.LOUVRE_LENS, mode="car", limit=5, **QUICK
    )
    assert table["minutes"].isna().all()


def test_a_point_off_the_network_has_no_time(server):
    server.bodies = {"/way": way}
    homes = there(a=(3000, 0))
    with pytest.warns(bm.errors.BasinmapWarning, match="farther than 20 m from any"):
        table = bm.fetch_travel_times(
            homes, bm.LOUVRE_LENS, mode="car", max_gap=20, **QUICK
        )
    assert table["minutes"].isna().all()
    assert table["off_street"].iloc[0] == pytest.approx(60, abs=0.5)


@pytest.mark.usefixtures("server")
def test_what_the_service_does_not_know_is_refused_before_it_is_asked():
    with pytest.raises(DataError, match="knows walk and car"):
        bm.fetch_isochrones(bm.LOUVRE_LENS, mode="bike", minutes=[5])
    halls = bm.town_halls().iloc[:40]
    with pytest.raises(DataError, match=r"1,600 pairs, and 1,000 at most"):
        bm.fetch_travel_times(halls, halls, mode="car")
    with pytest.raises(DataError, match="file=, sha256="):
        bm.fetch_isochrones(bm.LOUVRE_LENS, mode="car", minutes=[5], file="a.json")


# -- the command line --------------------------------------------------------------


def run(capsys, *words):
    status = cli.main([*map(str, words), "--lang", "fr"])
    told = capsys.readouterr()
    return status, plain(told.out), plain(told.err)


def test_the_command_line_lists_fetches_and_verifies(server, tmp_path, capsys):
    status, out, _ = run(capsys, "data", "fetch", "lovac", "--year", 2026)
    path = tmp_path / "cache/data/lovac/lovac.csv"
    assert status == 0
    assert out.splitlines()[0] == str(path)
    assert f"{len(LOVAC)} octets, sha256 " in out
    status, out, _ = run(capsys, "data", "list")
    assert status == 0
    assert "dans le cache depuis le" in out
    assert "aucune n'a été essayée" in out
    status, out, _ = run(capsys, "data", "verify")
    assert (status, out) == (0, f"{path}: entier\n")
    path.write_bytes(b"autre")
    status, out, err = run(capsys, "data", "verify")
    assert status == 2
    assert "MODIFIÉ" in out
    assert "1 fichier(s) du cache ont changé" in err
    status, _, _ = run(capsys, "data", "fetch", "lovac", "--year", 2026, "--refresh")
    assert status == 0
    assert len(server.asked) == 2


def test_the_command_line_takes_a_file_and_says_what_is_missing(
    server, tmp_path, capsys
):
    here = tmp_path / "ban.csv.gz"
    here.write_bytes(gzip.compress(b"id;code_insee\n1;62498\n"))
    words = ("data", "fetch", "ban", "--departement", "62")
    assert run(capsys, *words, "--from", here)[0] == 0
    assert not server.asked
    for words, said in (
        (("data", "fetch"), "dites ce qu'il faut télécharger"),
        (("data", "fetch", "isochrones"), "est un service, pas un fichier"),
        (("data", "verify", "lovac"), "verify ne prend pas de nom"),
        (("data", "fetch", "inconnu"), "aucune adresse n'est connue pour 'inconnu'"),
    ):
        status, _, err = run(capsys, *words)
        assert status == 2
        assert said in err
    run(capsys, "data", "fetch", "admin-express", "--from", here)


def test_the_command_line_reaches_by_the_service_and_by_fetched_streets(
    server, tmp_path, capsys
):
    server.bodies = {"/iso": area}
    words = ("reach", "--mode", "car", "--minutes", "5;10", "--network")
    status, out, err = run(capsys, *words, "ign")
    assert status == 0, err
    assert "5 min" in out
    assert "service de navigation de l'IGN" in err
    body = extract(tmp_path / "a.osm.pbf")
    server.bodies = {
        "/nord-pas-de-calais.osm.pbf": body,
        "/md5": hashlib.md5(body, usedforsecurity=False).hexdigest().encode(),
    }
    status, out, err = run(capsys, *words, "osm")
    assert status == 0, err
    assert "5 min" in out


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


def row(offer):
    """Return the line of an offer in the guide."""
    editions = [(year, e.file, e.address) for year, e in sorted(offer.years.items())]
    editions = editions or [("", offer.file, offer.address)]
    links = " ".join(
        f"[{year}]({address})" if year else f"`{address}`"
        for year, _, address in editions
    )
    files = ", ".join(f"`{offer.id}/{file}`" for _, file, _ in editions)
    cells = [
        f"{offer.title} (`{offer.id}`)",
        offer.producer,
        offer.licence,
        f"`bm.{offer.verb}`",
        f"{links}, [page]({offer.page}) ; {offer.seen}",
        "un service : rien à déposer" if "{name}.json" in offer.file else files,
    ]
    return f"| {' | '.join(cells)} |"


def test_the_guide_names_every_offer():
    lines = GUIDE.splitlines()
    missing = [line for line in map(row, offers().values()) if line not in lines]
    assert missing == []


def test_the_guide_runs_against_a_server_that_gives_what_it_names(
    server, tmp_path, monkeypatch
):
    body = extract(tmp_path / "a.osm.pbf")
    digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
    corner = gpd.GeoDataFrame(
        {"code_qp": ["QN06201M"], "lib_qp": ["Résidence"], "insee_dep": ["62"]},
        geometry=[shapely.box(2.80, 50.42, 2.81, 50.43)],
        crs=4326,
    )
    server.bodies = {
        "/wfs": served(bm.communes(epci="call").index),
        "/qpv.zip": zipped(**{"QP2024_WGS84.geojson": corner.to_json()}),
        "/nord-pas-de-calais.osm.pbf": body,
        "/md5": digest.encode(),
        "/iso": area,
        "/way": way,
    }
    monkeypatch.chdir(tmp_path)
    Path("lovac-opendata-communes26.csv").write_bytes(LOVAC)
    names = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bm.errors.BasinmapWarning)
        for code in re.findall(r"(?s)```python\n(.*?)```", GUIDE):
            exec(compile(code, "telecharger.md", "exec"), names)  # noqa: S102 - our own
    assert names["communes"].index.size == 36
    assert names["temps"]["minutes"].notna().all()
    assert len(names["aires"]) == 2


@pytest.mark.usefixtures("server")
def test_verify_knows_what_is_whole_changed_or_gone(tmp_path):
    lovac()
    (path,) = kept_files(tmp_path / "cache/data")
    assert state_of(path) == "whole"
    path.write_bytes(b"x")
    assert state_of(path) == "changed"
    path.unlink()
    assert state_of(path) == "gone"
