"""A camera is added, its zones and staff line are drawn, tried and saved, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clip_platform import ClipPlatform, answering_copy
from evidence_site import CAMERA, VENUE

from in_chromium import NEEDS_CHROMIUM, a_browser, complaints_of, until
from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing

SECRET = "s3cret/:@"
SQUARE = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@pytest.fixture(scope="module")
def shop(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipPlatform]:
    """With a camera known from recordings, and one that was typed and never answers."""
    settings = {"detector": {"name": "builtin"}}
    with answering_copy(sealed_shop, tmp_path_factory.mktemp("cameras") / "data", settings) as site:
        typed = {"venue_id": VENUE, "id": "door", "source": "rtsp://127.0.0.1:9/x", "enabled": False}
        assert site.ask("POST", "/api/cameras", json=typed).status_code == 201
        yield site


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


@pytest.fixture
def opened(browser: Any, shop: ClipPlatform) -> Iterator[Callable[..., Any]]:
    """Opens a page; at the end nobody may have complained or asked another host."""
    base = f"http://127.0.0.1:{shop.port}"
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, has_touch=True)
    page = context.new_page()
    complaints = complaints_of(page, base)

    def open_page(path: str) -> Any:
        page.goto(base + path)
        return page

    yield open_page
    context.close()
    # The camera `door` has no picture; its page says so.
    assert [one for one in complaints if "404" not in one] == []


def focused(page: Any) -> str:
    said = page.evaluate("document.activeElement.getAttribute('aria-label')")
    return str(said).replace("\u00a0", " ")


def on_picture(page: Any, x: float, y: float) -> tuple[float, float]:
    box = page.locator("#overlay").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def near(drawn: list[list[float]], wanted: list[list[float]]) -> bool:
    return len(drawn) == len(wanted) and all(
        abs(a - b) < 0.006
        for one, other in zip(drawn, wanted, strict=True)
        for a, b in zip(one, other, strict=True)
    )


@pytest.mark.skipif(rtsp_server_missing() is not None, reason=str(rtsp_server_missing()))
def test_a_camera_is_tested_live_and_added_and_its_password_stays_out_of_the_page(
    opened: Callable[..., Any], shop: ClipPlatform
) -> None:
    with RtspServer({"/camera": TestPicture()}, user="gazer", password=SECRET) as server:
        page = opened(f"/cameras/new?venue_id={VENUE}")
        page.fill("[name=address]", server.url())
        page.fill("[name=name]", "Till 2, à gauche")
        assert page.input_value("[name=address]") == server.url(with_password=False)
        assert page.input_value("[name=password]") == SECRET
        assert page.input_value("[name=id]") == "till_2_a_gauche"
        page.click("#test")
        page.wait_for_selector("#shown:not([hidden]) img", timeout=30_000)
        assert "320x240 h264" in page.inner_text("#answer")
        page.click("#add")
        page.wait_for_url(f"**/cameras/{VENUE}/till_2_a_gauche/zones", timeout=30_000)
        until(page, "document.getElementById('picture').naturalWidth === 320", 30)
        assert SECRET not in page.content()

    added = shop.get("/api/cameras/till_2_a_gauche")
    assert (added["name"], added["source"]) == (
        "Till 2, à gauche",
        f"rtsp://***@127.0.0.1:{server.port}/camera",
    )


def test_zones_and_the_line_are_drawn_by_mouse_and_changed_by_keyboard(
    opened: Callable[..., Any], shop: ClipPlatform
) -> None:
    page = opened(f"/cameras/{VENUE}/door/zones")
    page.click("#new-zone")
    for corner in [*SQUARE, SQUARE[0]]:
        page.mouse.click(*on_picture(page, *corner))
    page.keyboard.type("x" * 51)
    assert page.is_visible(".zone-list [role=alert]:has-text('At most 50 characters.')")
    assert page.is_disabled("#save")
    page.fill(".zone-list li:last-child input:not([type])", "shelf")
    page.select_option(".zone-list li:last-child select", "queue")
    # A point is dragged, another one is pulled out of an edge, the whole is moved.
    page.mouse.click(*on_picture(page, 0.25, 0.25))
    page.mouse.move(*on_picture(page, 0.4, 0.4))
    page.mouse.down()
    page.mouse.move(*on_picture(page, 0.5, 0.5), steps=3)
    page.mouse.up()
    assert focused(page) == "shelf, point 3 of 4, 50 % from the left, 50 % from the top"
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("+")
    assert focused(page).startswith("shelf, point 4 of 5")
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    page.keyboard.press("Delete")
    assert page.is_visible("#hint:has-text('A zone needs 3 points.')")
    page.keyboard.press("Control+z")
    # Staff stand right of a line that is drawn upwards: its other side is chosen, and told by an arrow.
    page.click("#new-line")
    page.mouse.click(*on_picture(page, 0.7, 0.9))
    page.mouse.click(*on_picture(page, 0.7, 0.2))
    arrow = page.locator(".staff-line .arrow").bounding_box()
    assert arrow["x"] < on_picture(page, 0.7, 0.5)[0]
    page.click("#swap-side")
    assert page.locator(".staff-line .arrow").bounding_box()["x"] > on_picture(page, 0.7, 0.5)[0] - 1
    # People are counted over another one; in is where its arrow points.
    page.click("#new-count")
    page.mouse.click(*on_picture(page, 0.1, 0.8))
    page.mouse.click(*on_picture(page, 0.5, 0.8))
    page.keyboard.type("door")
    assert page.locator(".count-line .arrow").bounding_box()["y"] < on_picture(page, 0, 0.8)[1]
    page.click("#line-list button:has-text('other side')")
    assert page.locator(".count-line .arrow").bounding_box()["y"] > on_picture(page, 0, 0.8)[1] - 1
    page.locator(".count-line .handle").last.focus()
    assert focused(page) == "door, end 2"
    page.keyboard.press("Shift+ArrowRight")
    page.click("#new-count")
    page.mouse.click(*on_picture(page, 0.2, 0.3))
    page.mouse.click(*on_picture(page, 0.3, 0.3))
    page.keyboard.type("door")
    assert page.is_visible("#line-list [role=alert]:has-text('Another line has this name.')")
    page.click("#line-list li:last-child button.danger")
    page.click("#save")
    page.wait_for_selector("#said.good")

    (zone,) = shop.get(f"/venues/{VENUE}/zones", camera_id="door")["zones"]
    assert (zone["name"], zone["kind"], zone["color"]) == ("shelf", "queue", "#c96a00")
    assert near(zone["points"], [[0.1, 0.1], [0.4, 0.1], [0.475, 0.495], [0.1, 0.4]])
    staff = shop.get("/api/cameras/door")["rules"]["staff"]
    assert staff["side"] == "right"
    assert near(staff["line"], [[0.7, 0.9], [0.7, 0.2]])
    (line,) = shop.get("/api/cameras/door")["rules"]["lines"]
    assert (line["name"], line["side"]) == ("door", "right")
    assert near(line["line"], [[0.1, 0.8], [0.525, 0.8]])


def test_a_zone_is_drawn_and_taken_back_by_keyboard_alone_and_tried_before_it_is_saved(
    opened: Callable[..., Any], shop: ClipPlatform
) -> None:
    page = opened(f"/cameras/{VENUE}/{CAMERA}/zones")
    page.focus("#new-zone")
    page.keyboard.press("Enter")
    page.keyboard.press(" ")
    for step in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        for _ in range(4):
            page.keyboard.press(f"Shift+{step}")
        page.keyboard.press(" ")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    page.keyboard.type("corner")
    page.locator("#overlay polygon").focus()
    page.keyboard.press("Tab")
    assert focused(page) == "corner, point 1 of 3, 50 % from the left, 50 % from the top"
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#state") == "Not saved yet."
    page.click("#try")
    page.wait_for_selector("#try-events li", timeout=60_000)
    assert "40 s watched: 0 new, 3 gone, 0 changed, 0 as before." in page.inner_text("#try-said")
    links = page.locator("#try-events a").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    assert links == [f"/review/{one['event_id']}" for one in reversed(shop.get("/api/events"))]
    assert page.locator("#try-events li").first.inner_text().count("Not because of these zones") == 1
    assert shop.get(f"/venues/{VENUE}/zones", camera_id=CAMERA)["zones"] == [], "nothing was saved"
    page.click("#save")
    page.wait_for_selector("#said.good")
    (zone,) = shop.get(f"/venues/{VENUE}/zones", camera_id=CAMERA)["zones"]
    assert (zone["name"], near(zone["points"], [[0.495, 0.5], [0.7, 0.5], [0.7, 0.7]])) == ("corner", True)


def test_the_list_and_the_live_view_follow_what_the_api_tells(
    opened: Callable[..., Any], shop: ClipPlatform
) -> None:
    page = opened(f"/cameras?venue_id={VENUE}")
    card = page.locator("[data-camera=door]")
    assert card.locator("[data-part=badge]").inner_text() == "paused"
    shop.ask("PATCH", "/api/cameras/door", json={"enabled": True})
    card.locator("[data-part=badge]:has-text('never ran')").wait_for(timeout=15_000)
    page = opened(f"/cameras/{VENUE}/{CAMERA}")
    until(page, "document.getElementById('still').src.startsWith('blob:')", 15)
    assert "25 Oct" in page.inner_text("#taken")
