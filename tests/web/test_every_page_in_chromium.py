"""Every page for every role in a real browser, in a shop whose texts would all like to be more than text.

The pages are those that the site has, so none is forgotten; which role may see which is written down here.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import pytest
from clip_platform import ClipPlatform
from evidence_site import VENUE
from filled_shop import LAST
from hostile_shop import PEOPLE, TRAP, HostileShop, hostile_shop
from people_and_keys import PASSWORD, Asker

from in_chromium import NEEDS_CHROMIUM, a_browser, complaints_of
from sightline.dashboard.asking import PageRoute
from sightline.dashboard_wiring import page_routes

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]

MANAGING = {"/process", "/cameras/new", "/settings/keys", "/audit"}
ADMINISTERING = {"/settings/users", "/settings/audit-log"}
NO_PAGES = {"/static/{version}/{name}", "/language/{code}", "/now", "/uploads/now", "/process/now"}
"""Files, a way to another language, and parts that the scripts of pages ask for."""
LOST = "/{path:path}"
DAY = f"first={LAST}&last={LAST}"
MORE = {
    "/review": [f"?venue_id={VENUE}&{DAY}", f"?venue_id={VENUE}&{DAY}&show=visits&zone={{zone}}"],
    "/audit": [f"?venue_id={VENUE}"],
    "/review/{event_id}": ["/../{evidence_id}"],
    "/settings/audit-log": ["?actor={key}"],
    "/cameras/{venue_id}/{camera_id}": ["/../door"],
    "/process": ["?job_id=job-1"],
}
"""What else there is to see under a path."""

UNSEEN = {"file of a camera"}
"""What is kept and shown on no page."""

TEXTS = """() => {
  const all = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT), texts = [];
  while (all.nextNode()) {
    const one = all.currentNode;
    if (one.nodeType === Node.TEXT_NODE) texts.push(one.data);
    else texts.push(one.value ?? "", ...["title", "aria-label", "alt"].map((name) => one.getAttribute(name)));
  }
  return texts.join("\\n");
}"""
LINKS = "() => [...document.querySelectorAll('[href]')].map((one) => one.getAttribute('href'))"
OPENED = "() => document.querySelectorAll('details').forEach((one) => { one.open = true; })"


@pytest.fixture(scope="module")
def shop(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostileShop]:
    with hostile_shop(sealed_shop, tmp_path_factory.mktemp("hostile_shop") / "data") as made:
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


def pages_of(site: ClipPlatform) -> dict[str, Any]:
    """The routes of pages by their path."""
    routes = [one for router in page_routes(site.site) for one in router.routes]
    return {one.path: one for one in routes if isinstance(one, PageRoute) and one.path not in NO_PAGES}


def addresses(shop: HostileShop) -> list[tuple[str, str]]:
    """Path of the route, and address, of each page."""
    named = {**{of: quote(text) for of, text in shop.traps.items()}, **shop.ids}
    return [
        (path, (path.replace("{path:path}", "{lost}") + more).format(lost=quote(TRAP), **named))
        for path in pages_of(shop.site)
        for more in ["", *MORE.get(path, [])]
    ]


def status_for(role: str, path: str) -> int:
    least = 2 if path in ADMINISTERING else 1 if path in MANAGING else 0
    if list(PEOPLE).index(role) < least:
        return 403
    return 404 if path == LOST else 200


class Tab:
    """A window of one person, what it complained of, and all that was to be read in it."""

    def __init__(self, shop: HostileShop, browser: Any) -> None:
        self.shop, self.base = shop, f"http://127.0.0.1:{shop.site.port}"
        self.context = browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
        self.page = self.context.new_page()
        self.complaints = complaints_of(self.page, self.base)
        self.page.on("dialog", lambda one: (self.complaints.append(one.message), one.dismiss()))
        self.texts = ""

    def look(self, address: str) -> int:
        """Open it; the status."""
        answer = self.page.goto(self.base + address)
        self.read()
        return int(answer.status)

    def read(self) -> None:
        """What is written here now: nothing of it may have been reckoned out."""
        told = self.page.evaluate(TEXTS)
        assert "alert(1)>49" not in told
        self.texts += told

    def sign_in(self, role: str, goal: str) -> None:
        """Ask for a page, be sent to sign in, and get there."""
        self.look(goal)
        assert self.page.url == f"{self.base}/login?next={quote(goal)}"
        self.page.fill("[name=name]", self.shop.traps[role])
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("button")
        self.page.wait_for_url(self.base + goal)

    def complained(self, *expected: str) -> list[str]:
        """What it complained of since it was asked last, but for what was to be expected."""
        new = [one for one in self.complaints if not any(text in one for text in expected)]
        self.complaints.clear()
        return new

    def visit(self, role: str, check: Callable[[str], list[str]] | None = None) -> None:
        """Every page: shown or refused as the role has it, quiet, and offering nothing that is refused."""
        routes, wrong = pages_of(self.shop.site), []
        for path, address in addresses(self.shop):
            expected, status = status_for(role, path), self.look(address)
            wrong += [] if status == expected else [f"{address}: {status}"]
            wrong += [] if self.page.locator("main h1").count() == 1 else [f"{address}: no heading"]
            for link in self.page.evaluate(LINKS):
                to = next((one for one in routes if routes[one].path_regex.match(urlsplit(link).path)), "")
                wrong += [f"{address} offers {link}"] if to and status_for(role, to) == 403 else []
                wrong += [f"{address} leads to {link}"] if link.startswith("javascript:") else []
            wrong += check(address) if check else []
            said = self.complained() if expected == 200 else self.complained(f"status of {expected}")
            wrong += [f"{address}: {one}" for one in said]
        assert not wrong, "\n".join(wrong)


def found_by_axe(tab: Tab) -> Callable[[str], list[str]]:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def check(address: str) -> list[str]:
        tab.page.evaluate(OPENED)
        found = axe.run(tab.page).response["violations"]
        return [f"{address}: {one['id']} at {node['target']}" for one in found for node in one["nodes"]]

    return check


def test_without_signing_in_every_page_leads_to_signing_in_and_back(shop: HostileShop) -> None:
    nobody = Asker(shop.site)
    for _, address in addresses(shop):
        asked = nobody.client.base_url.join(address).raw_path.decode()
        answer = nobody.ask("GET", address, headers={"Accept": "text/html"})
        assert answer.status_code == 303
        assert unquote(unquote(answer.headers["location"])) == f"/login?next={unquote(asked)}"


@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_every_page_of_those_who_may_not_see_all(shop: HostileShop, browser: Any, role: str) -> None:
    tab = Tab(shop, browser)
    tab.sign_in(role, "/alerts")
    tab.visit(role)
    tab.context.close()


def test_every_page_is_usable_by_all_and_every_text_is_text(shop: HostileShop, browser: Any) -> None:
    tab, stranger = Tab(shop, browser), Tab(shop, browser)
    tab.sign_in("administrator", "/alerts")
    tab.visit("administrator", found_by_axe(tab))
    tab.look("/password")
    hint = "Password forms should have"  # a hidden name, for managers of passwords
    assert found_by_axe(tab)("/password") + tab.complained(hint) == []
    _have_things_refused(tab)
    unseen = {of for of, text in shop.traps.items() if text not in tab.texts}
    assert unseen == UNSEEN

    link = urlsplit(shop.ids["private_link"])
    stranger.look(f"{link.path}?{link.query}")
    assert shop.traps["venue"] in stranger.texts
    assert found_by_axe(stranger)("the video") + stranger.complained() == []
    stranger.look("/login")
    stranger.page.fill("[name=name]", shop.trap("nobody"))
    stranger.page.fill("[name=password]", PASSWORD)
    stranger.page.click("button")
    stranger.page.wait_for_selector("[role=alert]")
    stranger.read()
    assert shop.traps["nobody"] in stranger.texts
    assert found_by_axe(stranger)("/login") + stranger.complained("status of 401") == []
    tab.context.close()
    stranger.context.close()


def _have_things_refused(tab: Tab) -> None:
    """Messages that scripts write."""
    page, name = tab.page, tab.shop.trap("file of a script")
    tab.look("/process")
    page.set_input_files("#files", {"name": name, "mimeType": "video/mp4", "buffer": b"no video"})
    page.click("#send")
    page.wait_for_selector("#chosen-list .notice.bad:not([hidden])")
    tab.read()
    tab.look("/settings/users")
    page.fill("#add-user [name=name]", tab.shop.traps["viewer"])
    page.click("#add-user button")
    page.wait_for_selector("#add-user ~ .notice.bad:not([hidden]), #add-user .notice.bad:not([hidden])")
    tab.read()
    assert tab.complained("status of 415", "status of 409", "status of 422") == []
