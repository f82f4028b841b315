"""Videos are handed over, followed, refused and taken back in a real browser."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from job_sender import put
from people_and_keys import with_venues
from platform_site import PlatformSite

from in_chromium import NEEDS_CHROMIUM, a_browser, complaints_of
from sightline.job_wiring import job_runner
from sightline.simulate import simulate
from sightline.store import jobs

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    folder = tmp_path_factory.mktemp("uploads")
    site = PlatformSite.made(folder / "data", {"downloads": {"max_upload_mb": 1}})
    with with_venues(site, "shop", "other").answering():
        yield site
    site.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with a_browser() as chromium:
        yield chromium


@pytest.fixture
def opened(browser: Any, shop: PlatformSite) -> Iterator[Callable[..., Any]]:
    """Opens a page; at the end nobody may have complained or asked another host."""
    base = f"http://127.0.0.1:{shop.port}"
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="en")
    page = context.new_page()
    complaints = complaints_of(page, base)

    def open_page(path: str) -> Any:
        page.goto(base + path)
        return page

    yield open_page
    context.close()
    # What is no video is answered with 415, what comes too often with 429; the page says so.
    assert [one for one in complaints if "415" not in one and "429" not in one] == []


@pytest.fixture
def working(shop: PlatformSite) -> Iterator[None]:
    """Jobs are analysed by real processes meanwhile."""

    def command(job: str) -> list[str]:
        part = [sys.executable, "-m", "sightline", "serve", "--only", "jobs", "--child", "--job", job]
        return [*part, "--data-dir", str(shop.site.data_dir)]

    stop = threading.Event()
    runner = job_runner(shop.site, 1, command=command, step=lambda: None)
    thread = threading.Thread(target=runner.run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join(30)


def test_a_video_is_handed_over_and_followed_to_what_it_came_to(
    opened: Callable[..., Any], shop: PlatformSite, working: None, tmp_path: Path
) -> None:
    simulate(tmp_path / "film", seed=7, minutes=0.1, fps=4)
    page = opened("/process?venue_id=shop")
    page.set_input_files("#files", tmp_path / "film" / "shop.mp4")
    page.fill("#chosen-list input", "2026-03-02T09:30")
    page.select_option("#camera", "+")
    page.click("#send")
    assert page.evaluate("document.activeElement.id") == "camera-name", "it wants a name first"
    page.fill("#camera-name", "side door")
    page.click("#send")
    assert page.locator("#now [data-job]").count() == 0
    page.fill("#camera-name", "side_door")
    page.click("#send")
    page.wait_for_selector("#now [data-job] .found", timeout=60_000)
    assert page.is_hidden("#to-send")
    facts = page.inner_text("#now [data-job]")
    assert "recorded Mon 2 Mar, 09:30" in facts
    assert "· side_door ·" in facts

    page.reload()
    assert page.locator("#now .found").count() == 1, "it is part of the address"
    page.click("#now .found a >> nth=0")
    page.wait_for_url("**/review?**show=visits**")
    assert page.locator(".stays tbody tr").count() > 0
    page.go_back()
    page.click("text=Its events")
    page.wait_for_url("**/review?venue_id=shop&camera_id=side_door&first=2026-03-02&last=2026-03-02")
    page.go_back()
    page.click("text=Dashboard of that day")
    page.wait_for_url("**/dashboard/shop?days=1&to=2026-03-02")


def test_what_is_refused_is_refused_in_words_beside_it(
    opened: Callable[..., Any], shop: PlatformSite, tmp_path: Path
) -> None:
    names = {"notes.txt": b"no video\n" * 60_000, "empty.mp4": b"", "large.mp4": bytes(1_000_001)}
    for name, content in names.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "cut.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(9_000))
    page = opened("/process?venue_id=shop")
    assert page.is_visible("text=Nobody analyses videos at the moment")
    page.fill("#address", "https://vimeo.com/1")
    page.click("#send")
    assert "Nothing is fetched from vimeo.com. Allowed: youtube.com" in page.inner_text("#address-refused")
    page.fill("#address", "")
    page.set_input_files("#files", [tmp_path / name for name in (*names, "cut.mp4")])
    page.wait_for_selector("#chosen-list li:nth-child(4)")
    page.locator("#chosen-list [role=alert]").nth(1).wait_for()
    page.fill("#chosen-list li:nth-child(1) input", "2026-03-02T09:30")
    page.click("#send")
    page.locator("#chosen-list [role=alert]").nth(3).wait_for()
    said = dict(
        zip(
            page.locator("#chosen-list strong").all_inner_texts(),
            page.locator("#chosen-list [role=alert]").all_inner_texts(),
            strict=True,
        )
    )
    assert said["notes.txt"] == "Not a video that can be read."
    assert said["empty.mp4"] == "The file is empty."
    assert said["large.mp4"] == "Too large: it has 1\u00a0MB, and the most here is 1\u00a0MB."
    assert said["cut.mp4"].startswith("Not a video that can be read: ")
    page.click("[aria-label='Take out cut.mp4']")
    assert page.locator("#chosen-list li").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert shop.get("/api/batch/jobs", status="pending") == []


def test_the_queue_follows_and_its_buttons_ask_first(opened: Callable[..., Any], shop: PlatformSite) -> None:
    put(shop, "waits", video_name="waits.mp4")
    put(shop, "failed", jobs.FAILED, video_name="failed.mp4")
    page = opened("/uploads?venue_id=shop")
    page.click("[data-job=failed] [data-action=retry]")
    page.wait_for_selector("[data-job=failed] [data-action=remove]")
    page.click("[data-job=waits] [data-action=remove]")
    assert "waits.mp4" in page.inner_text("#question-text")
    page.click("text=Keep it")
    page.click("[data-job=waits] [data-action=remove]")
    page.click("#question-yes")
    page.wait_for_selector("[data-job=waits]", state="detached")
    assert [one["job_id"] for one in shop.get("/api/batch/jobs", status="pending")] == ["failed"]


def test_a_site_that_takes_no_more_for_a_moment_is_asked_again(
    opened: Callable[..., Any], shop: PlatformSite, tmp_path: Path
) -> None:
    put(shop, "taken", jobs.CANCELLED, video_name="taken.mp4")
    answers = [
        {"status": 429, "headers": {"Retry-After": "1"}, "json": {"detail": "too often"}},
        {"status": 200, "json": {"job_id": "taken", "status": "started"}},
    ]
    (tmp_path / "film.mp4").write_bytes(bytes(9_000))
    page = opened("/process?venue_id=shop")
    page.context.route("**/process/upload", lambda route: route.fulfill(**answers.pop(0)))
    page.set_input_files("#files", tmp_path / "film.mp4")
    page.click("#send")
    page.wait_for_selector("text=goes on in 1 s")
    page.wait_for_selector("#now [data-job=taken]")
    assert page.locator("#chosen-list li").count() == 0
