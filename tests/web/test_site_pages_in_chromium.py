"""Settings, keys, counting and the map, used as people do, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clip_platform import ClipPlatform, answering_copy
from evidence_site import CAMERA, OPENING, VENUE

from in_chromium import NEEDS_CHROMIUM, a_browser, complaints_of, until
from sightline.domain.scope import Scope
from sightline.store.coverage import add_coverage
from sightline.testing.receiver import Receiver

SITE = Scope.site()

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture(scope="module")
def shop(
    sealed_shop: Path, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClipPlatform]:
    delivery = {
        "incidents": {"url": receiver.incident_url},
        "webhooks": [{"url": "http://127.0.0.1:9/hook"}],
    }
    folder = tmp_path_factory.mktemp("site_pages") / "data"
    with answering_copy(sealed_shop, folder, {"delivery": delivery}) as site:
        with site.database.transaction() as connection:
            add_coverage(SITE, connection, VENUE, CAMERA, {OPENING: 300})
        placed = {"id": "lyon", "name": "Lyon", "latitude": 45.764, "longitude": 4.8357}
        assert site.ask("POST", "/venues", json=placed).status_code == 200
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


@pytest.fixture
def opened(browser: Any, shop: ClipPlatform) -> Iterator[Callable[[str], Any]]:
    """Opens a page; at the end nobody may have complained or asked another host."""
    base = f"http://127.0.0.1:{shop.port}"
    context = browser.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    complaints = complaints_of(page, base)

    def open_page(path: str) -> Any:
        page.goto(base + path)
        return page

    yield open_page
    context.close()
    assert complaints == []


def test_settings_send_a_test_and_say_what_came_of_it(
    opened: Callable[[str], Any], receiver: Receiver
) -> None:
    page = opened("/settings")

    page.click("[data-test=incident]")
    page.wait_for_selector("li:has([data-test=incident]) .notice.good")
    page.click("[data-test=webhook]")
    page.wait_for_selector("li:has([data-test=webhook]) .notice.bad")

    assert page.inner_text("li:has([data-test=incident]) .notice").startswith("Arrived: the receiver took it")
    assert page.inner_text("li:has([data-test=webhook]) .notice").startswith("Did not arrive:")
    assert [one.document["incident_type"] for one in receiver.arrivals] == ["test"]


def test_a_key_is_seen_once_and_revoked(opened: Callable[[str], Any], shop: ClipPlatform) -> None:
    page = opened("/settings/keys")

    page.fill("#make-key [name=name]", "till program")
    page.select_option("#make-key [name=venue_id]", VENUE)
    page.click("#make-key button")
    page.wait_for_selector("#once:not([hidden])")
    key = page.input_value("#secret")
    assert shop.ask("GET", "/venues", headers={"X-API-Key": key}).status_code == 200
    page.click("#kept")
    mine = page.locator("tr[data-key]", has_text="till program")
    mine.wait_for()
    assert key not in page.content()
    mine.locator(".revoke").click()
    assert mine.locator(".revoke").inner_text() == "Really? Click again"
    mine.locator(".revoke").click()
    mine.locator(".badge.bad").wait_for()

    assert shop.ask("GET", "/venues", headers={"X-API-Key": key}).status_code == 401
    assert mine.locator(".revoke").count() == 0


def test_somebody_is_added_with_a_password_that_is_shown_once(
    opened: Callable[[str], Any], shop: ClipPlatform
) -> None:
    page = opened("/settings/users")

    assert page.locator("#add-user .venue-boxes").is_hidden()  # an administrator reaches all
    page.fill("#add-user [name=name]", "anna")
    page.click("#add-user button")
    page.wait_for_selector("#once:not([hidden])")
    password = page.input_value("#secret")
    page.click("#kept")
    page.wait_for_selector("[data-name=anna]")

    assert page.locator("[data-name=anna] .badge").inner_text() == "has to change the password"
    answer = shop.ask("POST", "/login", json={"name": "anna", "password": password})
    assert answer.status_code == 200
    shop.client.cookies.clear()


def test_an_audit_of_three_stretches_ends_with_figures(
    opened: Callable[[str], Any], shop: ClipPlatform
) -> None:
    page = opened(f"/audit?venue_id={VENUE}")

    page.evaluate("document.querySelector('[name=seconds]').append(new Option('5 s', '5'))")
    page.select_option("[name=rule]", "interaction")
    page.select_option("[name=seconds]", "5")
    page.select_option("[name=count]", "3")
    page.click("#draw button")
    for number in (1, 2, 3):
        until(page, f"document.getElementById('number').textContent === 'Stretch {number} of 3'")
        page.wait_for_selector("#watching:not([hidden])")
        until(page, "document.getElementById('clip').readyState > 1")
        assert page.locator("#match-form").is_hidden()
        page.keyboard.press("+")
        page.keyboard.press("+")
        page.keyboard.press("-")
        page.click("#count-form .row button")
        page.wait_for_selector("#match-form:not([hidden])")
        assert "You counted 1. Sightline found " in page.inner_text("#found-said")
        assert page.locator("#skip").is_hidden()
        page.click("#match-form > .row:last-child button")
    page.wait_for_url("**/audit?*done=3")

    assert "3 stretches counted" in page.inner_text("[role=status]")
    assert page.locator(".audited .is-new [data-label='Stretches']").inner_text() == "3"
    audits = shop.get("/api/audits", venue_id=VENUE)["audits"]
    assert [one["truth"] for one in audits] == [1, 1, 1]
    assert all(one["matched"] == min(one["found"], 1) for one in audits)


def test_the_map_opens_zooms_and_a_marker_leads_to_its_venue(opened: Callable[[str], Any]) -> None:
    page = opened("/map")
    width = "Number(document.getElementById('map').getAttribute('viewBox').split(' ')[2])"

    at_first = page.evaluate(width)
    page.click("[data-move=in]")
    assert page.evaluate(width) == pytest.approx(at_first / 2)
    page.focus("#map")
    page.keyboard.press("-")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(width) == pytest.approx(at_first)
    assert "lon=" in page.url
    page.click("[data-move=all]")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, -300)
    until(page, f"{width} < {at_first}")
    land = page.evaluate("document.querySelector('.land').getBBox().width")
    assert land > 10_000, "the outlines are there"
    assert page.locator(".cells:not([hidden])").count() == 1
    page.click("[data-move=all]")
    page.click(".pin circle")
    page.wait_for_url("**/dashboard/lyon?days=28")
