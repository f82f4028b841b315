"""From a figure to its video in a real browser: played, handed on by a private link, dismissed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from clip_platform import ClipPlatform, answering_copy
from evidence_site import CAMERA, VENUE, at

from in_chromium import NEEDS_CHROMIUM, a_browser, until
from sightline.domain.scope import Scope
from sightline.domain.seen_boxes import BoxCollector
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.store.seen_boxes import add_boxes

DAYS = "days=1&to=2025-10-25"

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@dataclass
class Shop:
    """The site and a browser that looks at it; what the browser complained of."""

    site: ClipPlatform
    browser: Any
    complaints: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.site.port}"

    def tab(self) -> Any:
        """A fresh tab of a window that knows no cookie of the others."""
        self.complaints.clear()
        tab = self.browser.new_context(locale="en-GB").new_page()
        tab.set_default_timeout(10_000)
        tab.on("console", lambda one: self._note(one.type in ("error", "warning"), one.text))
        tab.on("pageerror", lambda error: self._note(True, str(error)))
        tab.on("request", lambda one: self._note(not one.url.startswith((self.base, "data:")), one.url))
        return tab

    def _note(self, bad: bool, text: str) -> None:
        if bad:
            self.complaints.append(text)


@pytest.fixture(scope="module")
def shop(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with answering_copy(sealed_shop, tmp_path_factory.mktemp("watched") / "data") as site:
        _with_boxes(site)
        with a_browser() as chromium:
            yield Shop(site, chromium)


def _with_boxes(site: ClipPlatform) -> None:
    collector, stretches = BoxCollector(), []
    for number in range(400):
        person = TrackedBox(1, (10, 10, 60, 90), 0.9)
        frame = TrackedFrame(captured_at=at(number / 10), width=160, height=96, people=(person,))
        stretches += collector.see(frame)
    stretches += collector.finish()
    with site.database.transaction() as connection:
        where = {"venue_id": VENUE, "camera_id": CAMERA, "run_id": "run-1"}
        add_boxes(Scope.site(), connection, **where, stretches=stretches)


def test_from_a_figure_to_its_video_which_plays(shop: Shop) -> None:
    tab = shop.tab()
    tab.goto(f"{shop.base}/dashboard/{VENUE}?{DAYS}")
    tab.click("a.tile:has-text('Left unattended')")
    tab.wait_for_url("**/review?*kind=unattended*")
    tab.click("a.event")
    tab.wait_for_url("**/review/*")

    until(tab, "document.getElementById('video').readyState >= 2")
    tab.wait_for_selector("#boxes-switch")
    painted = "document.getElementById('boxes').toDataURL().length"
    until(tab, f"{painted} > 1500")
    with_people = tab.evaluate(painted)
    tab.uncheck("#show-boxes")
    assert tab.evaluate(painted) < with_people
    tab.click("h1")  # away from the switch, whose key it is, too
    tab.keyboard.press(" ")
    until(tab, "document.getElementById('video').currentTime > 0.4")
    tab.keyboard.press(" ")
    until(tab, "document.getElementById('video').paused")
    tab.click("#to-event")
    begun = tab.evaluate("document.getElementById('video').currentTime")
    tab.keyboard.press(".")
    ahead = tab.evaluate("document.getElementById('video').currentTime")
    assert 1 < begun < 5
    assert ahead == pytest.approx(begun + 0.1, abs=0.02)
    assert float(tab.get_attribute("#playhead", "x1") or 0) > 0
    assert tab.inner_text("#copy-said") == "The sealed original."
    tab.context.close()
    assert shop.complaints == []


def test_a_link_is_made_and_opened_in_a_private_window_until_it_is_taken_back(shop: Shop) -> None:
    tab, stranger = shop.tab(), shop.tab()
    tab.goto(f"{shop.base}/review/{shop.site.evidence().event_id}")
    tab.click("#link-form button")
    tab.wait_for_selector("#new-link:not([hidden])")
    address = tab.input_value("#link-address")
    # The site does not know its port here; whoever hands the link on would have set its address.
    address = shop.base + address[address.index("/video/") :]

    stranger.goto(address)
    until(stranger, "document.querySelector('video').readyState >= 1")
    tab.reload()
    tab.click("[data-revoke]")
    until(tab, "!document.querySelector('[data-revoke]')")
    assert "taken back" in tab.inner_text(".links")
    gone = stranger.request.get(address)
    assert gone.status == 403
    tab.context.close()
    stranger.context.close()
    assert shop.complaints == []


def test_an_event_is_dismissed_with_a_reason_and_leaves_the_list(shop: Shop) -> None:
    (event,) = shop.site.get("/api/events", venue_id=VENUE, kind="queue")
    tab = shop.tab()
    tab.goto(f"{shop.base}/review/{event['event_id']}")
    tab.click("#verdict-form [value=dismissed]")
    assert not tab.evaluate("document.querySelector('#verdict-form textarea').checkValidity()")
    tab.fill("#verdict-form textarea", "A cardboard figure")
    tab.click("#verdict-form [value=dismissed]")
    tab.wait_for_selector("#verdict-badge")
    assert "A cardboard figure" in tab.inner_text("main")
    tab.goto(f"{shop.base}/review?venue_id={VENUE}&first=2025-10-25&last=2025-10-25")
    assert tab.locator("a.event").count() == 2
    tab.context.close()
    assert shop.complaints == []


def test_a_legal_hold_is_put_and_lifted_by_keyboard(shop: Shop) -> None:
    tab = shop.tab()
    tab.goto(f"{shop.base}/review/{shop.site.evidence(1).event_id}")
    tab.fill("#hold-form [name=reason]", "Police, case 118")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#lift-hold")
    assert "Police, case 118" in tab.inner_text("main")
    tab.focus("#lift-hold")
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#hold-form")
    tab.context.close()
    assert shop.complaints == []
