"""How fast the pages are with a year of data, in a real Chromium, and what tabs that stay open cost.

    python benchmarks/dashboard_pages.py [--folder SITE] [--rounds 5] [--stays 500000] [--events 10000]
        [--venues 2] [--tabs 30] [--seconds 60] [--cameras 4] [--only pages|tabs] [--aims] [--json]

A site with a year behind it (see `dashboard_site.py`; stays and events are of each venue) is filled and
served by a real `sightline serve`. With --folder it is kept there, and taken as it is the next time.

Pages: the server's processor time and time to answer, of HTTP alone; then each page in a fresh browser
context with nothing cached: from the begin of the navigation to the load event and to the largest paint, with
requests and bytes until then. Interactions: from the click to the first paint of the page it leads to, or,
within a page, to its next paint (Event Timing). Medians and the longest of the rounds.

Tabs: what `serve` uses while home pages and camera lists are open side by side, each asking again on its own,
beyond what it uses without any; its cameras are live, over RTSP (none where the server for it is missing).

Aims: first load at most 1.5 s, an interaction at most 200 ms; tabs at most 10 % of a core and 60 MB. With
--aims the exit code is 1 when one is missed by a median, or by the tabs.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from dashboard_site import CORNER, SHOP, Served, Year, events_of, make_site, served
from sightline.cli.bench_output import machine
from sightline.testing.chromium import CHROMIUM, QUIET
from sightline.testing.live_site import processor_s, proportional_mib
from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing

SCREEN = {"width": 1440, "height": 900}
AIMS = {"load_ms": 1500.0, "shown_ms": 200.0, "percent of a core": 10.0, "memory_mb": 60.0}
SETTLE_S = 15
"""Before anything is counted: until tabs have loaded and live cameras run."""

NOTE_CLICKS = """
const note = (click) => sessionStorage.setItem("clicked", performance.timeOrigin + click.timeStamp);
addEventListener("click", note, true);
globalThis.waits = [];
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (one.interactionId) globalThis.waits.push(one.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
"""
"""In every page: when was clicked last, also over the navigation that follows, and how long clicks took."""

LOADED = """() => new Promise((resolve) => {
  new PerformanceObserver((list, observer) => {
    observer.disconnect();
    const page = performance.getEntriesByType("navigation")[0];
    const rest = performance.getEntriesByType("resource");
    resolve({
      load_ms: page.loadEventEnd,
      largest_ms: list.getEntries().at(-1).startTime,
      requests: 1 + rest.length,
      kb: rest.reduce((sum, one) => sum + one.transferSize, page.transferSize) / 1000,
    });
  }).observe({ type: "largest-contentful-paint", buffered: true });
})"""
PAINTED = """() => new Promise((resolve) => {
  new PerformanceObserver((list, observer) => {
    const first = list.getEntries().find((one) => one.name === "first-contentful-paint");
    if (!first) return;
    observer.disconnect();
    resolve(performance.timeOrigin + first.startTime - sessionStorage.getItem("clicked"));
  }).observe({ type: "paint", buffered: true });
})"""

Row = dict[str, Any]
Act = Callable[[Any], None]


def pages_of(events: Mapping[str, str]) -> dict[str, str]:
    """Address by name."""
    full, review = f"/analytics-dashboard/{SHOP}", f"/review?venue_id={SHOP}"
    return {
        "home": "/",
        "venues": "/analytics",
        "venue, 1 day": f"/dashboard/{SHOP}",
        "venue, 7 days": f"/dashboard/{SHOP}?days=7",
        "venue, 90 days": f"/dashboard/{SHOP}?days=90",
        **{f"full analytics, {days} days": f"{full}?days={days}" for days in (1, 7, 30, 90)},
        "report, 7 days": f"/report/{SHOP}?days=7",
        "report, 90 days": f"/report/{SHOP}?days=90",
        "events of a day": review,
        "events of 90 days": f"{review}&{last(90)}",
        "events of all venues, 90 days": f"/review?{last(90)}",
        "visits of 7 days": f"{review}&show=visits&{last(7)}",
        "visits of 90 days": f"{review}&show=visits&{last(90)}",
        "event": f"/review/{events['real']}",
        "event of last summer": f"/review/{events['year']}",
        "cameras": "/cameras",
        "camera": f"/cameras/{CORNER}/till",
        "map": "/map",
        "alerts": "/alerts",
        "uploads": "/uploads",
        "settings": "/settings",
    }


def last(days: int) -> str:
    """The part of an address that asks for the last so many days."""
    today = datetime.now(UTC).date()
    return f"first={today - timedelta(days=days - 1)}&last={today}"


def clicks_of(events: Mapping[str, str]) -> dict[str, tuple[str, Act]]:
    """Where each interaction begins and what is done there; these lead to another page."""
    week = f"/review?venue_id={SHOP}&{last(7)}"
    return {
        "home: a venue": ("/", click("#now a")),
        "venue: 7 days become 28": (f"/dashboard/{SHOP}?days=7", chosen("days", "28", "form.filters")),
        "venue: a tile": (f"/dashboard/{SHOP}?days=7", click(".tile")),
        "venue: to full analytics": (f"/dashboard/{SHOP}?days=7", click("nav.tabs a >> nth=1")),
        "full analytics: 7 days become 28": (
            f"/analytics-dashboard/{SHOP}?days=7",
            chosen("days", "28", "form.filters"),
        ),
        "events: another camera": (week, chosen("camera_id", "floor", "form.review-filters")),
        "events: another kind": (week, chosen("kind", "queue", "form.review-filters")),
        "events: next page": (week, click("nav.pages a[rel=next]")),
        "events: one opened": (week, click("a.event")),
        "visits: next page": (f"{week}&show=visits", click("nav.pages a[rel=next]")),
        "event: the one before": (
            f"/review/{events['year']}?venue_id={SHOP}&{last(300)}",
            click("a[rel=prev]"),
        ),
        "cameras: one opened": ("/cameras", click("li.camera h2 a")),
    }


def within_pages() -> dict[str, tuple[str, Act]]:
    """The same of those that stay on their page."""
    return {
        "full analytics, 90 days: a table": (
            f"/analytics-dashboard/{SHOP}?days=90",
            lambda page: page.click("details.table summary"),
        ),
        "menu of the account": ("/", lambda page: page.click("details.who summary")),
        "map: nearer": ("/map", lambda page: page.click("[data-move=in]")),
    }


def click(place: str) -> Act:
    """Of the first such thing, to wherever that leads."""

    def act(page: Any) -> None:
        with page.expect_navigation():
            page.locator(place).first.click()

    return act


def chosen(name: str, value: str, form: str) -> Act:
    """Something else in a field of a form, then its button."""

    def act(page: Any) -> None:
        page.locator(f"{form} [name={name}]").select_option(value)
        with page.expect_navigation():
            page.locator(f"{form} button").click()

    return act


def asked_alone(site: Served, pages: Mapping[str, str], rounds: int) -> dict[str, Row]:
    """What the server needs for each page, without a browser: processor time and time to answer."""
    found = {}
    with httpx.Client(base_url=site.address, trust_env=False, timeout=60) as client:
        for name, address in pages.items():
            client.get(address).raise_for_status()
            taken, before = [], processor_s([site.web])
            for _ in range(rounds):
                began = time.perf_counter()
                client.get(address).raise_for_status()
                taken.append(1000 * (time.perf_counter() - began))
            spent = 1000 * (processor_s([site.web]) - before) / rounds
            found[name] = {"server_cpu_ms": round(spent), "server_ms": round(median(taken))}
    return found


def loaded_fresh(browser: Any, site: Served, pages: Mapping[str, str], rounds: int) -> dict[str, Row]:
    """Each page in a context of its own, so that nothing of it is there yet."""
    found = {}
    for name, address in pages.items():
        laps = []
        for _ in range(rounds):
            with a_page(browser) as page:
                page.goto(site.address + address)
                laps.append(page.evaluate(LOADED))
        middle = {key: median(lap[key] for lap in laps) for key in laps[0]}
        most = {f"{key}_most": max(lap[key] for lap in laps) for key in ("load_ms", "largest_ms")}
        found[name] = {key: round(value) for key, value in (middle | most).items()}
    return found


def clicked(browser: Any, site: Served, rounds: int, events: Mapping[str, str]) -> dict[str, Row]:
    """From the click to what it shows; style and scripts are there already, as they are for people."""
    found = {}
    for name, (address, act) in {**clicks_of(events), **within_pages()}.items():
        laps = []
        with a_page(browser) as page:
            for _ in range(rounds):
                page.goto(site.address + address)
                act(page)
                if name in within_pages():
                    page.wait_for_timeout(300)
                    # A browser tells of none that was painted within 16 ms.
                    laps.append(page.evaluate("() => Math.max(16, ...globalThis.waits)"))
                else:
                    laps.append(page.evaluate(PAINTED))
        found[name] = {"shown_ms": round(median(laps)), "shown_ms_most": round(max(laps))}
    return found


@contextmanager
def a_page(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport=SCREEN, locale="en-GB")
    context.add_init_script(NOTE_CLICKS)
    yield context.new_page()
    context.close()


@contextmanager
def a_browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


def tabs_open(site: Served, tabs: int, seconds: float) -> Row:
    """What the process that answers uses with tabs open, beyond what it uses without.

    All pages have been asked for once before, so that what is loaded for the first one is not counted.
    """
    with httpx.Client(base_url=site.address, trust_env=False, timeout=60) as client:
        for address in ("/", "/now", "/cameras", "/api/cameras"):
            client.get(address).raise_for_status()
    time.sleep(SETTLE_S)
    idle = used(site, seconds)
    with a_browser() as browser, a_page(browser) as page:
        for number in range(tabs):
            one = page.context.new_page()
            one.goto(site.address + ("/cameras" if number % 2 else "/"))
        time.sleep(SETTLE_S)
        busy = used(site, seconds)
    more = {name: round(busy[name] - idle[name], 2) for name in idle}
    return {"tabs": tabs, "idle": idle, "with tabs": busy, "beyond": more}


def used(site: Served, seconds: float) -> Row:
    before = processor_s([site.web])
    time.sleep(seconds)
    spent = processor_s([site.web]) - before
    memory = proportional_mib([site.web]) * 2**20 / 1e6
    return {"percent of a core": round(100 * spent / seconds, 2), "memory_mb": round(memory, 1)}


def measured(folder: Path, year: Year, asked: argparse.Namespace) -> dict[str, Any]:
    document: dict[str, Any] = {"bench": "dashboard_pages", "machine": machine(), "year": year.told()}
    events = events_of(folder, year)
    if asked.only != "tabs":
        with served(folder, year) as site, a_browser() as browser:
            pages = pages_of(events)
            alone = asked_alone(site, pages, asked.rounds)
            fresh = loaded_fresh(browser, site, pages, asked.rounds)
            document["pages"] = {name: {**alone[name], **fresh[name]} for name in pages}
            document["interactions"] = clicked(browser, site, asked.rounds, events)
    if asked.only != "pages":
        with ExitStack() as stack:
            cameras: dict[str, str] = {}
            if asked.cameras and not rtsp_server_missing():
                picture = TestPicture(width=1280, height=720, fps=10, gop=20, kbit_s=2000)
                mounts = {f"/live_{number}": picture for number in range(asked.cameras)}
                server = stack.enter_context(RtspServer(mounts))
                cameras = {path.strip("/"): server.url(path) for path in mounts}
            site = stack.enter_context(served(folder, year, cameras))
            document["tabs"] = {"live cameras": len(cameras), **tabs_open(site, asked.tabs, asked.seconds)}
    document["missed"] = missed(document)
    return document


def missed(document: Mapping[str, Any]) -> list[str]:
    """One sentence for each aim that is not reached."""
    rows = {**document.get("pages", {}), **document.get("interactions", {})}
    rows |= {"open tabs": document.get("tabs", {}).get("beyond", {})}
    return [
        f"{name}: {row[what]} {what}, aim {aim:g}"
        for name, row in rows.items()
        for what, aim in AIMS.items()
        if row.get(what, 0) > aim
    ]


def tell(document: Mapping[str, Any]) -> None:
    """As tables."""
    console = Console(width=140)
    for part in ("pages", "interactions"):
        rows = document.get(part)
        if rows:
            columns = list(next(iter(rows.values())))
            table = Table(part, *columns)
            for name, row in rows.items():
                table.add_row(name, *(f"{row[column]:,}" for column in columns))
            console.print(table)
    if "tabs" in document:
        console.print_json(data=document["tabs"])
    for one in document["missed"]:
        console.print(f"missed: {one}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keep the site there, or take the one that is there")
    parser.add_argument("--venues", type=int, default=2)
    parser.add_argument("--stays", type=int, default=500_000, help="of each venue")
    parser.add_argument("--people", type=int, default=10_000, help="of each venue")
    parser.add_argument("--events", type=int, default=10_000, help="of each venue")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tabs", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--cameras", type=int, default=4, help="live ones, beside the tabs")
    parser.add_argument("--only", choices=("pages", "tabs"))
    parser.add_argument("--aims", action="store_true", help="exit 1 when an aim is missed")
    parser.add_argument("--json", action="store_true", help="the document on one line")
    asked = parser.parse_args()
    year = Year(venues=asked.venues, stays=asked.stays, people=asked.people, events=asked.events)
    with tempfile.TemporaryDirectory(prefix="sightline-pages-") as name:
        folder = asked.folder or Path(name)
        if not (folder / "data").exists():
            make_site(folder, year)
        document = measured(folder, year, asked)
    if asked.json:
        print(json.dumps(document))
    else:
        tell(document)
    sys.exit(1 if asked.aims and document["missed"] else 0)


if __name__ == "__main__":
    main()
