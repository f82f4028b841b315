"""All analytics and the report in a real browser: on a phone, by keyboard, on paper."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from clip_platform import ClipPlatform
from evidence_site import VENUE
from filled_shop import LAST

from in_chromium import NEEDS_CHROMIUM, a_browser

FULL, REPORT = (f"/{page}/{VENUE}?days=7&to={LAST}" for page in ("analytics-dashboard", "report"))
A4_WIDTH, A4_MARGINS = 794, 91
"""Pixels at 96 to the inch."""

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


def answering(answer: Mapping[str, Any]) -> Callable[[Any], None]:
    """Instead of the server."""
    return lambda route: route.fulfill(**answer)


@pytest.fixture
def opened(browser: Any, filled: ClipPlatform) -> Iterator[Any]:
    """Opens a page of a size; at the end nobody may have complained or asked another host."""
    base = f"http://127.0.0.1:{filled.port}"
    complaints: list[str] = []
    contexts = []

    def open_page(path: str, width: int, *, instead: Mapping[str, Any] | None = None, **how: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 800}, **how)
        contexts.append(context)
        for pattern, answer in (instead or {}).items():
            context.route(pattern, answering(answer))
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: request.url.startswith(base) or complaints.append(request.url))
        page.goto(base + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def assert_zones_fit(page: Any) -> None:
    """Nothing stands out of the page, and zones lie where they were drawn on the picture."""
    place = page.locator(".zone-picture").first
    place.scroll_into_view_if_needed()
    page.wait_for_selector(".zone-picture.shown")
    picture, drawn = place.locator("img").bounding_box(), place.locator("svg.over-picture").bounding_box()
    shelves = place.get_by_role("link", name=re.compile("^shelves")).locator("polygon").bounding_box()
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")

    assert sideways <= 0
    assert abs(picture["width"] / picture["height"] - 160 / 96) < 0.02, "of the footage's shape"
    assert abs(drawn["height"] - picture["height"]) < 1
    assert abs((shelves["x"] - picture["x"]) / picture["width"] - 0.1) < 0.04
    assert abs((shelves["y"] - picture["y"]) / picture["height"] - 0.1) < 0.04


def test_it_fits_on_a_phone_in_french_in_the_dark(opened: Any) -> None:
    page = opened(FULL, 390, locale="fr-FR", color_scheme="dark")

    assert_zones_fit(page)
    assert page.locator("h2", has_text="Toutes les analyses").get_attribute("title") == "Analytics Dashboard"


def test_on_a_screen_marks_and_tables_are_reached_by_keyboard(opened: Any) -> None:
    page = opened(FULL, 1440)
    bar = page.locator("#by-hour .over-time a[aria-label^='17:00']")
    bar.focus()
    outline = bar.locator("rect").first.evaluate("one => getComputedStyle(one).outlineStyle")
    table = page.locator("#by-hour details")
    table.locator("summary").focus()
    page.keyboard.press("Enter")

    assert_zones_fit(page)
    assert outline != "none"
    assert table.get_attribute("open") is not None
    assert table.get_by_role("link", name="17:00").is_visible()
    assert "hour=17" in bar.get_attribute("href")


def test_a_camera_whose_picture_cannot_be_shown_has_its_zones_alone(opened: Any) -> None:
    empty = {"status": 200, "content_type": "image/jpeg", "body": b""}
    page = opened(FULL, 1440, instead={"**/snapshot*": empty})
    page.wait_for_selector(".zone-picture.bare")

    drawn = page.locator(".zone-picture").first.bounding_box()
    assert page.locator(".zone-picture img").first.is_hidden()
    assert abs(drawn["width"] / drawn["height"] - 16 / 9) < 0.02


def test_the_report_fits_on_its_sheets(opened: Any) -> None:
    page = opened(REPORT, A4_WIDTH - A4_MARGINS, color_scheme="dark")
    assert page.get_by_role("button", name="Print").is_visible()
    sheets = page.pdf(prefer_css_page_size=True)
    page.emulate_media(media="print", color_scheme="dark")
    wide = page.evaluate(
        "Math.max(...[...document.querySelectorAll('svg, table, .tile')]"
        ".map(one => one.getBoundingClientRect().right))"
    )
    shown = page.evaluate(
        "['.top', '.filters', '.tabs', '[data-print]']"
        ".filter(one => document.querySelector(one).offsetParent)"
    )
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", sheets)) <= 3
    assert wide <= A4_WIDTH - A4_MARGINS + 1
    assert shown == []
    assert ground == "rgb(255, 255, 255)", "paper is white, whatever the screen likes"
