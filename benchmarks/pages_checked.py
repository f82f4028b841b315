"""Every page of a site that answers, looked at by axe in Chromium: light and dark, on a screen and a phone.

Follows the links from `/` until each route of the dashboard has shown a page of each kind, and prints what
axe found, by page. Ends with 1 when something serious or critical was found, or no link leads to a route.

Usage: python benchmarks/pages_checked.py http://127.0.0.1:8080 [--most-of-each 2] [--language fr]
"""

import argparse
import re
import sys
import tempfile
from collections import Counter, deque
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from sightline.config.settings import Settings
from sightline.dashboard.asking import PageRoute
from sightline.dashboard_wiring import page_routes
from sightline.testing.chromium import CHROMIUM, QUIET
from sightline.wiring import Site

VIEWS = [(width, theme) for theme in ("light", "dark") for width in (1440, 390)]
BAD = ("serious", "critical")
NOT_PAGES = {
    "/now",
    "/uploads/now",
    "/process/now",
    "/language/{code}",
    "/static/{version}/{name}",
    "/{path:path}",
}
"""Parts of pages, files, what leads elsewhere, and what is at no address."""
OPENED = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
KINDS = ("show",)
"""Of the query: what makes another page of one route."""


class Shapes:
    """Which kind of page an address is of."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            site = Site(Settings.model_validate({}), Path(folder))
            found = [route for router in page_routes(site) for route in router.routes]
            site.database.close()
        self._routes = [one for one in found if isinstance(one, PageRoute) and one.path not in NOT_PAGES]
        self.all = {one.path for one in self._routes}

    def of(self, address: str) -> str | None:
        """None for what is no page."""
        asked = urlsplit(address)
        for route in self._routes:
            if route.path_regex.match(asked.path):
                query = parse_qs(asked.query)
                return "&".join([route.path, *(f"{one}={query[one][0]}" for one in KINDS if one in query)])
        return None


def pages_of(browser: Browser, base: str, shapes: Shapes, most: int) -> list[tuple[str, str]]:
    """Kind and address of each page, some of each kind, found by following links."""
    page = browser.new_page()
    seen, waiting, kept = {base + "/"}, deque([base + "/"]), Counter[str]()
    pages = []
    while waiting:
        address = waiting.popleft()
        shape = shapes.of(address)
        if shape is None or kept[shape] >= most:
            continue
        kept[shape] += 1
        pages.append((shape, address))
        page.goto(address)
        for href in page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))"):
            link = re.sub(r"#.*", "", urljoin(address, href))
            if link.startswith(base) and link not in seen:
                seen.add(link)
                waiting.append(link)
    page.close()
    return pages


def violations(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("base", help="address of a site in local mode")
    parser.add_argument("--most-of-each", type=int, default=1, help="pages of each kind")
    parser.add_argument("--language", default="en")
    parser.add_argument("--elements", action="store_true", help="print what was found where")
    given = parser.parse_args()
    base, shapes, totals = given.base.rstrip("/"), Shapes(), Counter[str]()
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        pages = pages_of(browser, base, shapes, given.most_of_each)
        print("| page | " + " | ".join(f"{width} {theme}" for width, theme in VIEWS) + " |")
        print("|---|" + "---|" * len(VIEWS))
        cells: dict[str, list[str]] = {address: [] for _, address in pages}
        for width, theme in VIEWS:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=theme, locale=given.language
            )
            page = context.new_page()
            for _, address in pages:
                page.goto(address)
                page.evaluate(OPENED)
                found = violations(page)
                totals.update(str(one["impact"]) for one in found for _ in one["nodes"])
                cells[address].append(
                    ", ".join(f"{one['id']} ({one['impact']}) {len(one['nodes'])}" for one in found) or "–"
                )
                if given.elements:
                    _print_elements(address.removeprefix(base), width, theme, found)
            context.close()
        browser.close()
    for shape, address in pages:
        name = shape if given.most_of_each == 1 else address.removeprefix(base)
        print(f"| `{name}` | " + " | ".join(cells[address]) + " |")
    missed = sorted(shapes.all - {shape.split("&")[0] for shape, _ in pages})
    print(f"\n{len(pages)} pages, {len(VIEWS)} views each: {dict(totals) or 'no violation'}")
    if missed:
        print(f"No link leads to {', '.join(missed)}")
    return 1 if missed or any(totals[one] for one in BAD) else 0


def _print_elements(path: str, width: int, theme: str, found: list[dict[str, Any]]) -> None:
    for one in found:
        for node in one["nodes"]:
            why = " ".join(node["failureSummary"].split())[:300]
            print(f"  {path} {width} {theme}: {one['id']} at {node['target']}: {why}")


if __name__ == "__main__":
    sys.exit(main())
