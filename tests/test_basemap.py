"""Basemaps from tiles, against a server on this machine; nothing leaves it."""

import datetime as dt
import io
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pypdf
import pytest
from PIL import Image
from pyproj import Transformer
from xyzservices import TileProvider

import basinmap as bm
from basinmap.errors import BasinmapWarning, DataError, OutputError
from basinmap.maps.grounds.basemap import _reason, finest_zoom
from basinmap.maps.grounds.tilecache import TileCache, cache_folder

LENS = bm.communes(epci="call")
CREDIT = "© Serveur d’essai"
PERIOD = 0.01, 0.0064  # degrees; some 29 pixels at zoom 12


def pattern(lon, lat):
    """Colour of a place: waves of longitude and latitude."""
    waves = [
        127.5 + 110 * np.sin(2 * np.pi * v / p)
        for v, p in zip((lon, lat), PERIOD, strict=True)
    ]
    return np.stack([*waves, np.full_like(waves[0], 60.0)], axis=-1)


def painted(zoom, x, y, size=256):
    """Return the PNG of a tile: each pixel has the colour of its centre."""
    steps = (np.arange(size) + 0.5) / size
    lon = (x + steps) / 2**zoom * 360 - 180
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + steps) / 2**zoom))))
    pixels = np.rint(pattern(*np.meshgrid(lon, lat))).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def blank(size):
    """Return a small PNG of many pixels."""
    file = io.BytesIO()
    Image.new("1", (size, size)).save(file, "PNG")
    return file.getvalue()


class Handler(BaseHTTPRequestHandler):
    """Serves what the mode of the server says."""

    def do_GET(self):  # noqa: C901 - one branch a mode
        server = self.server
        server.asked.append((self.path, self.headers["user-agent"]))
        mode = server.mode(self.path) if callable(server.mode) else server.mode
        if mode == "slow":
            time.sleep(0.03)
        if mode == "hang":
            server.over.wait(5)
            return
        if mode == "redirect" and not self.path.startswith("/moved"):
            mode = (f"/moved{self.path}",)
        if isinstance(mode, tuple):
            self.send_response(302)
            self.send_header("Location", mode[0])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if isinstance(mode, int):
            self.send_error(mode)
            return
        body = painted(*map(int, re.findall(r"\d+", self.path)[-3:]))
        body = {
            "corrupt": b"\x89PNG\r\n\x1a\n" + bytes(200),
            "truncated": body[: len(body) // 2],
            "html": b"<html>Portail captif</html>",
            "heavy": body + bytes(5_000_000),
            "wide": blank(3_000),
            "large": painted(*map(int, re.findall(r"\d+", self.path)[-3:]), 512),
        }.get(mode, body)
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if mode == "drip":
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if server.over.wait(0.05):
                    return
        self.wfile.write(body)

    def log_message(self, *args):
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """A tile server whose clients may hang up."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode, self.asked, self.over = "ok", [], threading.Event()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/{{z}}/{{x}}/{{y}}.png"

    def handle_error(self, request, client_address):
        """A client that gave up is no error."""


@pytest.fixture
def server():
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield found
        found.over.set()
        found.shutdown()
        thread.join()


@pytest.fixture
def gone():
    """Address of a port that nothing listens to."""
    with Server() as found:
        return found.address


@pytest.fixture
def ax():
    _, found = bm.page(LENS, title="Fond", paper=(150, 90))
    return found


def draw(ax, server, tmp_path, **options):
    options = {"credit": CREDIT, "cache": tmp_path, "opacity": 1, **options}
    bm.draw_basemap(ax, getattr(server, "address", server), **options)


def picture(ax):
    (found,) = [image for image in ax.images if image.get_label() == "_basemap"]
    return np.asarray(found.get_array())


def told(ax, server, tmp_path, **options):
    """Draw, and return the one warning there must be; nothing must be drawn."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        draw(ax, server, tmp_path, **options)
    (found,) = caught
    assert found.category is BasinmapWarning
    assert found.filename == __file__
    assert not ax.images
    assert not ax.grounds
    return str(found.message)


def white(*_):
    """Return a blank tile, instead of asking for one."""
    return np.full((256, 256, 4), 255, np.uint8)


# -- where things are --------------------------------------------------------------


def test_each_place_has_its_own_pixel(ax, server, tmp_path):
    draw(ax, server, tmp_path, zoom=12)
    pixels = picture(ax)
    height, width = pixels.shape[:2]
    (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
    rows, columns = np.mgrid[3 : height - 3 : 17, 3 : width - 3 : 17]
    x = x0 + (columns + 0.5) / width * (x1 - x0)
    y = y1 - (rows + 0.5) / height * (y1 - y0)
    lon, lat = Transformer.from_crs(2154, 4326, always_xy=True).transform(x, y)
    away = pixels[rows, columns].astype(float) - pattern(lon, lat)
    # A pixel of the tiles away, the waves have changed by 24 levels.
    assert np.abs(away).max() < 8
    assert pixels.shape[2] == 3


def test_the_frame_keeps_its_limits_and_the_picture_fills_it(ax, server, tmp_path):
    before = ax.get_xlim(), ax.get_ylim(), ax.get_position().bounds, ax.get_aspect()
    draw(ax, server, tmp_path)
    after = ax.get_xlim(), ax.get_ylim(), ax.get_position().bounds, ax.get_aspect()
    assert after == before
    (image,) = ax.images
    assert tuple(image.get_extent()) == (*before[0], *before[1])
    assert image.get_zorder() < 1


def test_the_picture_has_200_dots_an_inch(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    height, width = picture(ax).shape[:2]
    wide, high = ax.plan.frame[2:]
    assert width == pytest.approx(wide / 25.4 * 200, abs=1)
    assert height == pytest.approx(high / 25.4 * 200, abs=1)


def test_tiles_of_512_pixels_are_as_well_placed(ax, server, tmp_path):
    draw(ax, server, tmp_path / "small", zoom=12)
    server.mode = "large"
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(other, server, tmp_path / "large", zoom=12)
    away = picture(ax).astype(int) - picture(other).astype(int)
    assert np.abs(away).max() < 12


# -- which zoom --------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [60, 100, 160, 300])
def test_tiles_have_between_half_the_dots_and_all_of_them(ax, dpi):
    zoom = finest_zoom(ax, dpi)
    # Metres of a dot at zoom 0, at 50.4 degrees north: 156543.03 x cos(50.4).
    metres = 99_784 / 2**zoom
    dots = 25.4 / (metres / ax.plan.scale * 1000)
    assert dpi / 2 < dots * 1.002
    assert dots * 0.998 <= dpi


def test_the_zoom_of_a_provider_is_not_passed(ax, server, tmp_path):
    provider = TileProvider(
        name="Essai", url=server.address, attribution="(C) Essai", max_zoom=10
    )
    bm.draw_basemap(ax, provider, cache=tmp_path)
    assert {path.split("/")[1] for path, _ in server.asked} == {"10"}
    assert list(ax.grounds) == ["© Essai"]
    with pytest.raises(DataError, match=r"zooms 0 to 10, not 12; write zoom=10"):
        bm.draw_basemap(ax, provider, zoom=12, cache=tmp_path)


def test_more_tiles_than_reasonable_are_refused_before_any_is_asked_for(
    ax, server, tmp_path
):
    with pytest.raises(DataError, match=r"tiles at zoom 18.*write zoom=\d+") as caught:
        draw(ax, server, tmp_path, zoom=18)
    zoom = int(re.search(r"write zoom=(\d+)", str(caught.value))[1])
    assert not server.asked
    # What the message says to type is within bounds.
    assert 12 < zoom < 18


def test_openstreetmap_is_not_downloaded_in_bulk(tmp_path):
    _, ax = bm.page(LENS, title="Fond", paper="A3")
    with pytest.raises(DataError, match=r"\d+ tiles to download.*bulk.*write zoom=13"):
        bm.draw_basemap(ax, "osm", zoom=14, cache=tmp_path)


# -- what goes wrong ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (500, "error 500 of the server"),
        (403, "error 403 of the server"),
        (404, "404, not there; write gaps=True"),
        ("corrupt", "no picture in the answer"),
        ("truncated", "no picture in the answer"),
        ("html", "no picture in the answer"),
    ],
)
def test_a_server_that_fails_leaves_a_plain_background(
    ax, server, tmp_path, mode, reason
):
    server.mode = mode
    text = told(ax, server, tmp_path)
    assert reason in text
    assert "0 of " in text
    assert "bm.draw_basemap(ax, 'fond.tif')" in text
    assert not list(tmp_path.rglob("*.png"))


def test_a_server_that_does_not_answer_is_left_in_time(ax, server, tmp_path):
    server.mode = "hang"
    start = time.monotonic()
    assert "no answer in time" in told(ax, server, tmp_path, timeout=0.1)
    assert time.monotonic() - start < 4


def test_a_server_that_drips_is_left_at_the_deadline(ax, server, tmp_path):
    server.mode = "drip"
    start = time.monotonic()
    text = told(ax, server, tmp_path, timeout=2.0, deadline=0.4)
    assert "not all there in 0.4 s" in text
    assert time.monotonic() - start < 4


def test_no_network_is_said_once(ax, gone, tmp_path):
    assert "no connection" in told(ax, gone, tmp_path)


def settled(folder):
    """Return how many tiles are kept, once those under way have come."""
    counted = [-1]
    while len(counted) < 4 or len(set(counted[-3:])) > 1:
        time.sleep(0.1)
        counted.append(len(list(folder.rglob("*.png"))))
    return counted[-1]


def test_one_bad_tile_leaves_all_out_and_the_others_are_kept(ax, server, tmp_path):
    draw(ax, server, tmp_path / "whole", zoom=12)
    paths = sorted({path for path, _ in server.asked})
    bad = paths[-1]
    server.mode = lambda path: 500 if path == bad else "ok"
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    text = told(other, server, tmp_path / "part", zoom=12)
    assert bad.strip("/").removesuffix(".png") in text
    assert f"of {len(paths)} tiles are there" in text
    kept = settled(tmp_path / "part")
    server.mode = "ok"
    server.asked.clear()
    draw(other, server, tmp_path / "part", zoom=12)
    assert len(server.asked) == len(paths) - kept
    assert (picture(other) == picture(ax)).all()


def test_what_fails_once_is_asked_for_again(ax, server, tmp_path):
    seen = set()

    def mode(path):
        first = path not in seen
        seen.add(path)
        return 503 if first and len(seen) == 1 else "ok"

    server.mode = mode
    draw(ax, server, tmp_path)
    assert len(server.asked) == len(seen) + 1
    assert ax.images


def test_tiles_that_are_not_there_may_be_left_blank(ax, server, tmp_path):
    draw(ax, server, tmp_path / "whole", zoom=12)
    paths = sorted({path for path, _ in server.asked})
    bad = paths[0]
    server.mode = lambda path: 404 if path == bad else "ok"
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(other, server, tmp_path / "part", zoom=12, gaps=True)
    pixels = picture(other)
    assert pixels.shape[2] == 4
    hole = pixels[..., 3] == 0
    assert 0 < hole.mean() < 0.5
    # The first column, the first row: the north-west.
    assert hole[0, 0]
    far = pixels[..., 3] == 255
    assert (pixels[far][:, :3] == picture(ax)[far]).mean() > 0.99


def test_gaps_everywhere_are_no_basemap(ax, server, tmp_path):
    server.mode = 404
    assert "404" in told(ax, server, tmp_path, gaps=True)


def test_slow_but_sure_is_well(ax, server, tmp_path):
    server.mode = "slow"
    draw(ax, server, tmp_path)
    assert ax.images


def test_a_server_that_does_not_answer_is_left_alone_for_a_moment(
    ax, server, tmp_path, monkeypatch
):
    server.mode = "hang"
    assert "no answer in time;" in told(ax, server, tmp_path, timeout=0.1)
    count = len(server.asked)
    assert "a moment ago" in told(ax, server, tmp_path)
    assert len(server.asked) == count
    server.mode = "ok"
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31)
    draw(ax, server, tmp_path)
    assert len(server.asked) > count
    assert ax.images


def test_a_server_that_refuses_is_asked_again(ax, server, tmp_path):
    server.mode = 500
    told(ax, server, tmp_path)
    server.mode = "ok"
    draw(ax, server, tmp_path)
    assert ax.images


def test_a_redirection_is_followed(ax, server, tmp_path):
    server.mode = "redirect"
    draw(ax, server, tmp_path)
    assert any(path.startswith("/moved") for path, _ in server.asked)
    assert ax.images


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ("http://localhost:9/x.png", "sent on to another server, 'localhost'"),
        ("file:///etc/passwd", "sent on to another server, 'file:///etc/passwd'"),
        ("/again.png", "sent on without end"),
    ],
)
def test_nobody_is_sent_on_to_another_server(ax, server, tmp_path, there, reason):
    server.mode = (there,)
    assert reason in told(ax, server, tmp_path)
    assert not ax.images


def test_the_server_is_told_who_asks(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    (agent,) = {agent for _, agent in server.asked}
    assert agent.startswith(f"basinmap/{bm.__version__} (")


def test_tiles_of_two_sizes_are_left_out(ax, server, tmp_path):
    server.mode = lambda path: "large" if path.endswith("2.png") else "ok"
    assert "several sizes" in told(ax, server, tmp_path, zoom=12)


def test_an_unknown_failure_is_no_picture():
    assert _reason(SyntaxError("broken PNG")) == "no picture in the answer"


def test_404_in_an_address_is_no_answer(ax, server, tmp_path):
    server.mode = "html"
    address = server.address.replace("{z}", "404/{z}")
    assert "no picture in the answer" in told(ax, address, tmp_path / "html")
    server.mode = 500
    assert "error 500 of the server" in told(ax, address, tmp_path / "500")


# -- the cache ---------------------------------------------------------------------


def test_a_second_map_asks_for_nothing(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    count = len(server.asked)
    assert count == len(list(tmp_path.rglob("*.png"))) > 3
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(other, server, tmp_path)
    assert len(server.asked) == count
    assert (picture(other) == picture(ax)).all()


def test_tiles_that_were_kept_need_no_server(ax, tmp_path):
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        draw(ax, found, tmp_path)
        address = found.address
        found.shutdown()
        thread.join()
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(other, address, tmp_path)
    assert (picture(other) == picture(ax)).all()


def test_a_spoilt_tile_is_asked_for_again(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    count = len(server.asked)
    first, second, *_ = sorted(tmp_path.rglob("*.png"))
    first.write_bytes(first.read_bytes()[:100])
    second.write_bytes(b"")
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(other, server, tmp_path)
    assert len(server.asked) == count + 2
    assert (picture(other) == picture(ax)).all()


def test_nothing_half_written_is_left(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    assert {path.suffix for path in tmp_path.rglob("*") if path.is_file()} == {".png"}


def test_a_write_that_is_cut_leaves_no_tile(tmp_path, monkeypatch):
    kept = TileCache(tmp_path, "http://x/{z}/{x}/{y}.png")

    def cut(_, file, *__):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(Image.Image, "save", cut)
    with pytest.raises(KeyboardInterrupt):
        kept.write((1, 0, 0), np.zeros((4, 4, 4), np.uint8))
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_cache_that_cannot_be_written_stops_no_map(ax, server, tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    monkeypatch.setenv("BASINMAP_CACHE", str(blocked))
    draw(ax, server, None)
    assert ax.images


def test_a_cache_that_was_asked_for_must_be_there(ax, server, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    with pytest.raises(OutputError, match="no folder to write in"):
        draw(ax, server, blocked)


def test_the_folder_is_that_of_the_user(monkeypatch, tmp_path):
    monkeypatch.delenv("BASINMAP_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_folder(None) == tmp_path / "basinmap" / "tiles"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache_folder(None) == tmp_path / "local" / "basinmap" / "tiles"
    monkeypatch.setenv("BASINMAP_CACHE", str(tmp_path / "mine"))
    assert cache_folder(None) == tmp_path / "mine" / "tiles"


def test_two_servers_share_no_tile(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    with Server() as other:
        draw_other = f"{other.address}?clef=secret"
        assert TileCache(tmp_path, draw_other).read((12, 0, 0)) is None
    assert "secret" not in str(TileCache(tmp_path, draw_other).folder)


# -- what is printed ---------------------------------------------------------------


def footer(ax):
    bm.draw_furniture(ax, author="Essai", date=dt.date(2026, 11, 25))
    return " ".join(text.get_text() for text in ax.sheet.paper.texts)


def test_the_credit_is_at_the_foot(ax, server, tmp_path):
    draw(ax, server, tmp_path)
    assert "Serveur d’essai" in footer(ax)


def test_the_credit_of_ign_is_ours_with_the_year_of_the_tiles(
    ax, tmp_path, monkeypatch
):
    monkeypatch.setattr("basinmap.maps.grounds.basemap._Errand._asked", white)
    bm.draw_basemap(ax, "plan-ign", cache=tmp_path)
    year = dt.datetime.now(tz=dt.UTC).year
    assert list(ax.grounds) == [f"© IGN – Plan IGN v2, {year}"]
    for tile in tmp_path.rglob("*.png"):
        old = dt.datetime(2024, 5, 1, tzinfo=dt.UTC).timestamp()
        os.utime(tile, (old, old))
    _, other = bm.page(LENS, title="Fond", paper=(150, 90))
    bm.draw_basemap(other, "plan-ign", cache=tmp_path)
    assert "© IGN – Plan IGN v2, 2024." in footer(other).replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("source", "credit"),
    [
        ("photo-ign", "© IGN – BD ORTHO, "),
        ("osm", "© les contributeurs OpenStreetMap"),
        ("OpenStreetMap.HOT", "© les contributeurs OpenStreetMap, Tiles style by "),
    ],
)
def test_credits_are_in_french(ax, tmp_path, monkeypatch, source, credit):
    monkeypatch.setattr("basinmap.maps.grounds.basemap._Errand._asked", white)
    bm.draw_basemap(ax, source, cache=tmp_path)
    (found,) = ax.grounds
    assert found.startswith(credit)


def test_a_basemap_is_grey_on_a_grey_sheet_and_paler_when_asked(server, tmp_path):
    _, ax = bm.page(LENS, title="Fond", paper=(150, 90), theme=bm.GREY)
    draw(ax, server, tmp_path)
    pixels = picture(ax).astype(int)
    assert (np.ptp(pixels, axis=-1) == 0).all()
    _, other = bm.page(LENS, title="Fond", paper=(150, 90), theme=bm.GREY)
    draw(other, server, tmp_path, opacity=0.5)
    half = 255 - (255 - pixels) / 2
    assert np.abs(picture(other) - half).max() <= 0.5
    _, third = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(third, server, tmp_path, grey=True)
    assert (picture(third) == pixels).all()


@pytest.mark.parametrize("kind", ["pdf", "svg", "png"])
def test_the_same_tiles_give_the_same_bytes(server, tmp_path, kind):
    files = []
    for _ in range(2):
        fig, ax = bm.page(LENS, title="Fond", paper=(150, 90))
        draw(ax, server, tmp_path)
        file = io.BytesIO()
        fig.savefig(file, format=kind)
        files.append(file.getvalue())
    assert files[0] == files[1]


def test_an_inset_has_a_ground_of_its_own(ax, server, tmp_path):
    lens = LENS.loc[["62498"]]
    bm.draw_outlines(ax, LENS)
    bm.draw_inset(
        ax, lens, lambda inset: draw(inset, server, tmp_path, credit="© Centre")
    )
    assert "© Centre" in footer(ax)
    (small,) = [found for found in ax.sheet.axes if found.get_label() == "inset"]
    (image,) = small.images
    assert tuple(image.get_extent()) == (*small.get_xlim(), *small.get_ylim())
    # The inset is at a larger scale: its tiles are finer than those of the map.
    assert finest_zoom(small, 150) > finest_zoom(ax, 150)


def test_a_pdf_holds_the_picture_as_it_is(server, tmp_path):
    fig, ax = bm.page(LENS, title="Fond", paper=(150, 90))
    draw(ax, server, tmp_path)
    fig.savefig(tmp_path / "page.pdf")
    height, width = picture(ax).shape[:2]
    (found,) = pypdf.PdfReader(tmp_path / "page.pdf").pages[0].images
    with found.image as image:
        assert image.size == (width, height)
        # Matplotlib writes rows from the south.
        assert (np.asarray(image.convert("RGB"))[::-1] == picture(ax)).all()


def test_one_module_asks_the_network_and_one_reads_rasters():
    rooms = Path(bm.__file__).parent
    importers = {
        library: [
            path.name
            for path in sorted(rooms.rglob("*.py"))
            if re.search(
                rf"^(import|from) {library}\b", path.read_text("utf-8"), re.MULTILINE
            )
        ]
        for library in ("contextily", "requests", "urllib3")
    }
    assert importers == {
        "contextily": ["basemap.py"],
        "requests": ["door.py"],
        "urllib3": ["door.py"],
    }
    reading = [
        p
        for p in (rooms / "maps").rglob("*.py")
        if "import rasterio" in p.read_text("utf-8")
    ]
    assert [p.name for p in reading] == ["imagery.py"]


# -- bad input ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ("http://x/{z}/{x}.png", {}, r"https://…/\{z\}/\{x\}/\{y\}\.png"),
        ("http://127.0.0.1:9/{z}/{x}/{y}.png", {"credit": ""}, "credit='© …'"),
        ("plan-ing", {}, "'plan-ign'"),
        ("OpenStreetMap.Mapnick", {}, "'OpenStreetMap.Mapnik'"),
        ("ortho", {}, "no file and no provider named 'ortho'"),
        (3, {}, "source: 3 is of no use here"),
        ("plan-ign", {"opacity": 0}, "opacity=0"),
        ("plan-ign", {"opacity": float("nan")}, "opacity=nan"),
        ("plan-ign", {"dpi": -1}, "dpi=-1"),
        ("plan-ign", {"dpi": "x"}, "dpi: 'x' is of no use here"),
        ("plan-ign", {"zoom": float("nan")}, "zoom: nan is of no use here"),
        ("plan-ign", {"zoom": "12"}, "zoom: '12' is of no use here"),
        ("plan-ign", {"timeout": 0}, "timeout=0"),
        ("plan-ign", {"deadline": float("inf")}, "deadline=inf"),
        ("plan-ign", {"zoom": 30}, "write zoom=19"),
        ("plan-ign", {"zoom": 11.6}, "zoom: 11.6 is of no use here; pass a whole"),
        ("plan-ign", {"dpi": 1e6}, "tiles at zoom 19, where 1000 may be had"),
        ("Thunderforest.OpenCycleMap", {}, "give its key"),
        ("NASAGIBS.BlueMarble3413", {}, "not those of Web Mercator"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_asked_for(
    ax, tmp_path, source, options, message
):
    with pytest.raises((DataError, TypeError), match=message):
        bm.draw_basemap(ax, source, **{"credit": CREDIT, "cache": tmp_path, **options})
    assert not ax.images


def test_an_interpreter_ends_though_a_server_drips(server, tmp_path):
    server.mode = "drip"
    code = (
        "import json, sys, warnings, basinmap as bm\n"
        "warnings.simplefilter('ignore')\n"
        "_, ax = bm.page(bm.communes(epci='call'), title='Fond')\n"
        "url, folder = json.loads(sys.argv[1])\n"
        "bm.draw_basemap(ax, url, credit='x', cache=folder, deadline=0.3)\n"
        "print(len(ax.images))"
    )
    given = json.dumps([server.address, str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-c", code, given],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "0"


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("heavy", "an answer of more than 4,000,000 bytes"),
        ("wide", "3000 × 3000 pixels"),
    ],
)
def test_an_answer_that_would_fill_the_memory_is_left(ax, server, tmp_path, mode, said):
    server.mode = mode
    with pytest.warns(bm.errors.BasinmapWarning, match=said):
        bm.draw_basemap(ax, server.address, credit="essai", cache=tmp_path)
