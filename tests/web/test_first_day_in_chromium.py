"""The first day of a shop, as people live it: a real `sightline serve` with sign-in on, a real browser.

From an empty site to a camera that watches; from a figure of today to its clip, and to whoever gets its link.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from evidence_site import a_run
from people_and_keys import PASSWORD, with_account
from platform_site import PlatformSite

from in_chromium import NEEDS_CHROMIUM, a_browser, complaints_of, until
from sightline.api.app import listen
from sightline.cli.serve import answers
from sightline.domain.account import Role
from sightline.domain.event import EventKind, Participant, ServiceEvent
from sightline.domain.event import Role as Part
from sightline.domain.scope import Scope
from sightline.store.clips import ClipRule
from sightline.store.replacement import replace_events
from sightline.store.runs import replace_run
from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing

SITE = Scope.site()
VENUE, CAMERA = "cafe_du_port", "till"
PATIENCE_S = 120

pytestmark = [
    pytest.mark.slow,
    NEEDS_CHROMIUM,
    pytest.mark.skipif(rtsp_server_missing() is not None, reason=str(rtsp_server_missing())),
]


@contextmanager
def served(folder: Path) -> Iterator[PlatformSite]:
    """`sightline serve` over an empty site that has one administrator."""
    with listen("127.0.0.1", 0) as free:
        port = free.getsockname()[1]
    site = PlatformSite.made(folder / "data")
    site.port = port
    with_account(site, "anna", Role.ADMINISTRATOR)
    settings = {"data_dir": str(folder / "data"), "detector": {"name": "builtin"}}
    (folder / "site.yaml").write_text(yaml.safe_dump({**settings, "server": {"auth": "required"}}))
    command = [sys.executable, "-m", "sightline", "serve", "--config", str(folder / "site.yaml")]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--port", str(port)], cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        patient_until = time.monotonic() + PATIENCE_S
        while process.poll() is None and time.monotonic() < patient_until and not answers("127.0.0.1", port):
            time.sleep(0.1)
        yield site
    finally:
        process.terminate()
        code = process.wait(60)
        site.close()
    said = (folder / "serve.log").read_text()
    assert code == 0, said
    assert "Traceback" not in said, said


def test_from_an_empty_site_to_the_clip_behind_a_figure_of_today(tmp_path: Path) -> None:
    rtsp = RtspServer({"/camera": TestPicture()}, user="admin", password="camera/p@ss")
    with rtsp, a_browser() as chromium, served(tmp_path) as site:
        base = f"http://127.0.0.1:{site.port}"
        page = chromium.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        page.set_default_timeout(1000 * PATIENCE_S)
        complaints = complaints_of(page, base)
        _come_in(page, base)
        _add_the_venue(page)
        _add_the_camera(page, rtsp.url())
        _draw_the_line(page)
        _see_it_live(page, base)
        _from_a_figure_to_its_clip(page, base, site)
        _hand_it_on(page, chromium.new_context().new_page())
        assert complaints == []


def _come_in(page: Any, base: str) -> None:
    page.goto(f"{base}/")
    assert "/login" in page.url
    page.fill("[name=name]", "anna")
    page.fill("[name=password]", PASSWORD)
    page.click("button")
    page.wait_for_url(f"{base}/")


def _add_the_venue(page: Any) -> None:
    page.fill("[name=name]", "Café du Port")
    page.keyboard.press("Tab")
    assert page.input_value("[name=id]") == VENUE
    page.click("#add-venue button")
    page.click("#add-venue a.button")
    page.wait_for_url("**/cameras/new?*")


def _add_the_camera(page: Any, address: str) -> None:
    page.fill("[name=address]", address)
    page.fill("[name=name]", "Till")
    page.click("#test")
    page.wait_for_selector("#shown:not([hidden]) img")
    until(page, "document.querySelector('#shown img').naturalWidth === 320", PATIENCE_S)
    page.click("#add")
    page.wait_for_url(f"**/cameras/{VENUE}/{CAMERA}/zones")


def _draw_the_line(page: Any) -> None:
    until(page, "document.getElementById('picture').naturalWidth === 320", PATIENCE_S)
    page.click("#new-line")
    box = page.locator("#overlay").bounding_box()
    for across, down in ((0.5, 0.9), (0.5, 0.2)):
        page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])
    page.click("#save")
    page.click("#next")
    page.wait_for_url(f"**/cameras/{VENUE}/{CAMERA}")


def _see_it_live(page: Any, base: str) -> None:
    until(page, "document.getElementById('still').src.startsWith('blob:')", PATIENCE_S)  # by itself
    page.goto(f"{base}/")
    page.wait_for_selector(".camera-list .badge.good:has-text('running')")
    page.wait_for_selector(".guide", state="detached")  # by itself, where it still was there


def _from_a_figure_to_its_clip(page: Any, base: str, site: PlatformSite) -> None:
    _somebody_waits_alone(site)
    page.goto(f"{base}/")
    tile = page.locator("a.tile:has-text('Unattended today')")
    assert tile.locator(".value").inner_text() == "1"
    tile.click()
    page.wait_for_url("**/review?*kind=unattended*")
    page.click("a.event")
    page.wait_for_url("**/review/*")
    for _ in range(2 * PATIENCE_S):  # it is sealed within seconds
        if page.locator("#video").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    until(page, "document.getElementById('video').readyState >= 2")
    page.click("h1")
    page.keyboard.press(" ")
    until(page, "document.getElementById('video').currentTime > 0.3")
    assert page.evaluate("document.getElementById('video').videoWidth") == 320


def _somebody_waits_alone(site: PlatformSite) -> None:
    """As the rules would find it in what the camera has just sent."""
    now = datetime.now(UTC)
    begun, ended = now - timedelta(seconds=6), now - timedelta(seconds=1)  # a clip has 3 s at least
    event = ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=begun,
        ended_at=ended,
        participants=(Participant(1, Part.CUSTOMER, 0.9, "in front of the line"),),
        score=0.9,
    )
    run = replace(a_run("told"), venue_id=VENUE, camera_id=CAMERA, recorded_at=begun, recorded_until=ended)
    with site.database.transaction() as connection:
        replace_run(SITE, connection, run, ())
        replace_events(
            SITE,
            connection,
            venue_id=VENUE,
            camera_id=CAMERA,
            run_id=run.id,
            span=(begun, ended),
            events=(event,),
            rule=ClipRule(pre=timedelta(0), post=timedelta(0)),
        )


def _hand_it_on(page: Any, stranger: Any) -> None:
    """To somebody without an account, until it is taken back."""
    page.click("#link-form button")
    page.wait_for_selector("#new-link:not([hidden])")
    address = page.input_value("#link-address")
    stranger.goto(address)
    until(stranger, "document.querySelector('video').readyState >= 1")
    page.reload()
    page.click("[data-revoke]")
    until(page, "!document.querySelector('[data-revoke]')")
    assert stranger.request.get(address).status == 403
