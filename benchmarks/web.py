"""
Weight and readiness of web pages: 336 and 1,534 communes.

Pages are opened from the disk by a headless Chromium without a network, five times
each; readiness is what the page itself tells from the start of its navigation. Left
out where Playwright or Chromium is not there. What it prints is a section of
`docs/benchmarks.md`.
"""

import datetime as dt
import gzip
import platform
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import basinmap as bm
from basinmap.deliverables.subjects import subject
from basinmap.deliverables.web_pages import subject_page
from basinmap.deliverables.web_values import web_values

DAY = dt.date(2026, 11, 29)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu"),
    *("--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
)
RUNS = 5
CHANGE = """() => {
    const select = document.getElementById('indicator'), start = performance.now();
    select.value = 'D05';
    select.dispatchEvent(new Event('change'));
    document.body.offsetHeight;
    return performance.now() - start;
}"""


def made(folder):
    """Write both pages; return path, units and seconds of each."""
    everyone = list(bm.communes().index)
    both = bm.user_perimeter(
        "deux", everyone, name="Nord – Pas-de-Calais", source="COG"
    )
    for where in (bm.perimeter("bassin-minier"), both):
        about = subject(where, author="Essai", date=DAY)
        start = time.process_time()
        values, reference, _ = web_values(about)
        path = folder / f"{where.code}.html"
        texts = {"title": where.name, "author": "Essai"}
        subject_page(path, about, values, texts=texts, reference=reference)
        yield path, len(where.communes), time.process_time() - start


def opened(path):
    """Return the median milliseconds to be ready, and to change the indicator."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        return None
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - optional
    except ImportError:
        return None
    ready, changed = [], []
    with sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for _ in range(RUNS + 1):
            context = browser.new_context(offline=True)
            page = context.new_page()
            page.goto(path.as_uri())
            while not page.evaluate("window.READY"):
                time.sleep(0.005)
            ready.append(page.evaluate("window.READY"))
            changed.append(page.evaluate(CHANGE))
            context.close()
        browser.close()
    # The first warms the browser up.
    return statistics.median(ready[1:]), statistics.median(changed[1:])


def main():
    print(f"`benchmarks/web.py`. {dt.date.today()}, {platform.system()}, Chromium.\n")  # noqa: DTZ011
    print(
        "| Communes | kB | gzip | written in, s | ready, ms | another indicator, ms |"
    )
    print("|--:|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for path, count, seconds in made(Path(folder)):
            raw = path.read_bytes()
            found = opened(path) or (float("nan"), float("nan"))
            print(
                f"| {count:,} | {len(raw) / 1000:.0f} | "
                f"{len(gzip.compress(raw)) / 1000:.0f} | {seconds:.1f} | "
                f"{found[0]:.0f} | {found[1]:.0f} |"
            )


if __name__ == "__main__":
    main()
