"""
Speed of maps: a page of 1,534 communes, an atlas of 336 pages, beside others.

`GeoDataFrame.plot` draws the same page in this process, in turn. QGIS makes page and
atlas with its own Python, left out where it is not there: `qgis_layouts.py` says how to
install it on Debian or Ubuntu. mapsf is in none of Debian, PyPI and npm: not measured.
What it prints is a section of `docs/benchmarks.md`.
"""

import argparse
import datetime as dt
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import basinmap as bm
from basinmap.maps.layers.drawing import class_colors, in_frame

DAY = dt.date(2026, 11, 25)
COMMUNES, EPCIS = bm.communes(), bm.epcis()
BASIN = COMMUNES.loc[list(bm.perimeter("bassin-minier").communes)]
BASIN = BASIN.assign(group=BASIN["epci"].map(EPCIS["name"]))
RATE = bm.compute("L04", bm.statistics())
CLASSES = bm.classify(RATE)
CREDITS = "Sources : Insee, recensement 2021 ; IGN. Réalisation : Mission Bassin Minier"
QGIS = ("/usr/bin/python3", Path(__file__).with_name("qgis_layouts.py"))


def ours():
    """A page with legend, scale bar, north and credits."""
    fig, ax = bm.page(COMMUNES, title="Taux de vacance des logements en 2021")
    bm.draw_choropleth(ax, COMMUNES, CLASSES)
    bm.draw_outlines(ax, EPCIS, label="limite d'EPCI")
    bm.draw_legend(ax)
    bm.draw_furniture(ax, author="Mission Bassin Minier", date=DAY)
    return fig


def plotted():
    """The same through `GeoDataFrame.plot`, without scale bar nor north."""
    fig = Figure(figsize=(297 / 25.4, 210 / 25.4))
    FigureCanvasAgg(fig)
    ax = fig.add_axes((0.03, 0.1, 0.7, 0.8))
    high = CLASSES.attrs["bounds"][1]
    COMMUNES.assign(rate=RATE).plot(
        "rate",
        ax=ax,
        scheme="UserDefined",
        classification_kwds={"bins": [*CLASSES.attrs["breaks"], high]},
        cmap=mpl.colors.ListedColormap(class_colors(CLASSES, None)),
        edgecolor="white",
        linewidth=0.45,
        legend=True,
        legend_kwds={"bbox_to_anchor": (1.3, 1), "title": "Taux de vacance (%)"},
    )
    EPCIS.plot(ax=ax, facecolor="none", edgecolor="#1f2430", linewidth=0.8)
    ax.axis("off")
    fig.text(0.03, 0.95, "Taux de vacance des logements en 2021", size=16)
    fig.text(0.03, 0.03, CREDITS, size=6.5)
    return fig


def fiche(unit):
    """A page of the atlas: classes of all, names, locator, distribution."""
    name = unit["name"].iloc[0]
    fig, ax = bm.page(
        unit,
        around=4_000,
        title=f"Taux de vacance des logements en 2021 – {name}",
        orientation="landscape",
    )
    bm.draw_choropleth(ax, in_frame(ax, COMMUNES), CLASSES)
    bm.draw_outlines(ax, EPCIS, label="limite d'EPCI")
    bm.draw_outlines(ax, unit, label="limite communale", width=2)
    bm.draw_locator(ax, unit, EPCIS)
    bm.draw_labels(ax, COMMUNES)
    bm.draw_legend(ax, histogram=RATE)
    bm.draw_furniture(ax, author="Mission Bassin Minier", date=DAY)
    return fig


def seconds(work):
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measured_pages(folder, runs):
    """Medians of building and saving, in turn."""
    works = {
        (maker, kind): (
            lambda make=make, kind=kind: make().savefig(f"{folder}/p.{kind}", dpi=300)
        )
        for maker, make in (("basinmap", ours), ("GeoDataFrame.plot", plotted))
        for kind in ("pdf", "png")
    }
    times = {key: [] for key in works}
    for _ in range(runs + 1):
        for key, work in works.items():
            with mpl.rc_context({"pdf.fonttype": 42}):
                times[key].append(seconds(work))
    return {key: statistics.median(found[1:]) for key, found in times.items()}


def written(folder):
    """Write for QGIS what the pages show."""
    package = Path(folder) / "data.gpkg"
    COMMUNES[["name", "geometry"]].assign(rate=RATE).to_file(package, layer="communes")
    EPCIS[["name", "geometry"]].to_file(package, layer="epcis")
    BASIN[["name", "geometry"]].to_file(package, layer="basin")
    low, high = CLASSES.attrs["bounds"]
    about = {
        "breaks": [low, *CLASSES.attrs["breaks"], high + 1],
        "colors": class_colors(CLASSES, None),
    }
    package.with_suffix(".json").write_text(json.dumps(about))
    return package


def by_qgis(package, folder, what):
    """Return what QGIS measured of itself, None where it is not there."""
    command = [*map(str, QGIS), str(package), str(folder), what]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    try:
        done = subprocess.run(command, check=True, capture_output=True, env=environment)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"QGIS: {error}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def atlas_alone(folder, workers):
    """Draw the atlas in a process of its own; seconds, peak MiB with workers, bytes."""
    code = """
import sys, time
sys.path.insert(0, sys.argv[1])
import basinmap as bm, maps
start = time.perf_counter()
bm.atlas(maps.BASIN, maps.fiche, path=sys.argv[2], title="Atlas", group="group",
         workers=int(sys.argv[3]), quiet=True)
print(time.perf_counter() - start)
"""
    where = str(Path(__file__).parent)
    command = [sys.executable, "-c", code, where, f"{folder}/atlas.pdf", str(workers)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    peak = 0
    while child.poll() is None:
        peak = max(peak, resident(child.pid))
        time.sleep(0.05)
    if child.returncode:
        sys.exit("the atlas failed")
    return float(child.stdout.read()), peak, Path(f"{folder}/atlas.pdf").stat().st_size


def resident(pid):
    """MiB of a process and of those it started, shared pages counted once (Linux)."""
    total, found = 0, [str(pid)]
    while found:
        one = found.pop()
        try:
            memory = Path(f"/proc/{one}/smaps_rollup").read_text()
            found += Path(f"/proc/{one}/task/{one}/children").read_text().split()
        except OSError:
            continue
        sizes = [line.split()[1] for line in memory.splitlines() if "Pss:" in line]
        total += int(sizes[0])
    return total / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    names = ("geopandas", "matplotlib", "pypdf", "joblib")
    versions = ", ".join(f"{n} {importlib.metadata.version(n)}" for n in names)
    print(
        f"`benchmarks/maps.py`. {dt.date.today():%Y-%m-%d}, {platform.system()}, "  # noqa: DTZ011
        f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}.\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        pages = measured_pages(folder, given.runs)
        package = written(folder)
        page = by_qgis(package, folder, "page")
        print("| A page of 1,534 communes | PDF, s | PNG 300 dpi, s |\n|---|--:|--:|")
        for maker in ("basinmap", "GeoDataFrame.plot"):
            print(
                f"| {maker} | {pages[maker, 'pdf']:.2f} | {pages[maker, 'png']:.2f} |"
            )
        if page:
            print(f"| QGIS, project open | {page['pdf']:.2f} | {page['png']:.2f} |")
        ratios = [
            pages["basinmap", k] / pages["GeoDataFrame.plot", k] for k in ("pdf", "png")
        ]
        print(f"| basinmap ÷ GeoDataFrame.plot | {ratios[0]:.2f} | {ratios[1]:.2f} |\n")
        print("| An atlas of 336 pages | s | peak, MiB | MB |\n|---|--:|--:|--:|")
        rows = [
            (f"basinmap, {n} process{'es' * (n > 1)}", *atlas_alone(folder, n))
            for n in (1, 2)
        ]
        found = by_qgis(package, folder, "atlas")
        if found:
            size = Path(f"{folder}/qgis-atlas.pdf").stat().st_size
            rows.append((f"QGIS, {found['pages']} pages", found["atlas"], None, size))
        for name, wall, peak, size in rows:
            memory = "" if peak is None else f"{peak:.0f}"
            print(f"| {name} | {wall:.1f} | {memory} | {size / 1e6:.0f} |")


if __name__ == "__main__":
    main()
