"""/uploads and /process: jobs as people see them, in either language, and no more than they may see."""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clip_platform import NASTY
from job_sender import WEEK_AGO, put
from people_and_keys import CLOSED, Asker, with_account, with_venues
from platform_site import PlatformSite

from sightline.dashboard.job_words import in_words, plain_reasons
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.jobs import desk, look, runner, video_jobs
from sightline.jobs.following import being_fetched
from sightline.store import jobs
from sightline.store.jobs import JobProgress
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
MIDNIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
"""Half past midnight of the third, by the clocks of the shop."""
DONE: dict[str, Any] = {
    "recorded_at": MIDNIGHT,
    "camera_id": "till",
    "visitors_detected": 14,
    "result": {"events": {"interaction": 3, "queue": 0}},
    "progress": JobProgress(current_frame=200, total_frames=200, fps=25.0, duration_s=600.0),
}


def shop_of(site: PlatformSite) -> PlatformSite:
    with site.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop", name="The shop", timezone="Europe/Paris")
        ensure_camera(SITE, connection, "shop", "till", source_label="till.mp4")
        ensure_venue(SITE, connection, "other")
        ensure_camera(SITE, connection, "other", "their_door", source_label="door.mp4")
    return site


@pytest.fixture
def shop(platform: PlatformSite) -> PlatformSite:
    return shop_of(platform)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    site = shop_of(PlatformSite.made(tmp_path_factory.mktemp("closed_queue") / "data", CLOSED))
    with_account(site, "viewer", Role.VIEWER, "shop")
    with_account(site, "manager", Role.MANAGER, "shop")
    put(site, "waits")
    put(site, "failed", jobs.FAILED)
    put(site, "theirs", jobs.FAILED, venue_id="other", video_name="theirs.mp4")
    with site.answering():
        yield site
    site.close()


def page_data(page: str) -> dict[str, Any]:
    found = re.search(r'data-values="([^"]*)"', page)
    assert found is not None
    data: dict[str, Any] = json.loads(html.unescape(found[1]))
    return data


def card(page: str, job_id: str) -> str:
    return html.unescape(page.split(f'data-job="{job_id}"')[1].split("</li>")[0])


def test_what_a_video_came_to_leads_to_its_events_and_its_day_by_the_clocks_of_the_venue(
    shop: PlatformSite,
) -> None:
    put(shop, "done", jobs.COMPLETED, **DONE)
    put(shop, "long", jobs.COMPLETED, **DONE | {"progress": JobProgress(duration_s=86_400.0)})

    page = shop.ask("GET", "/uploads").text

    of_day = "venue_id=shop&camera_id=till&first=2026-03-03&last=2026-03-03"
    done = card(page, "done")
    assert f'<a href="/review?{of_day}&show=visits">14 visitors</a>' in done
    assert f'<a href="/review?{of_day}&kind=interaction">3 × served</a>' in done
    assert "queue" not in done
    assert 'href="/dashboard/shop?days=1&to=2026-03-03"' in done
    assert "recorded Tue 3 Mar, 00:30" in done
    assert 'href="/dashboard/shop?days=2&to=2026-03-04"' in card(page, "long")
    assert 'href="/cameras/shop/till"' in done


def test_what_is_not_known_is_a_dash_and_a_time_that_nobody_knows_is_marked(shop: PlatformSite) -> None:
    facts = {"visitors_detected": None, "result": {}, "time_unknown": True}
    put(shop, "done", jobs.COMPLETED, **DONE | facts)

    done = card(shop.ask("GET", "/uploads").text, "done")

    assert "– visitors unknown" in done
    assert "– events unknown" in done
    assert "time unknown" in done
    assert "recorded" not in done.replace("when it was recorded", "")


def test_how_far_a_video_is(shop: PlatformSite) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=10_000)  # a slow answer makes little of it
    half = JobProgress(current_frame=1_000_000, total_frames=2_000_000, fps=25.0, duration_s=80_000.0)
    put(shop, "half", jobs.PROCESSING, started_at=begun, progress=half)
    put(shop, "begun", jobs.PROCESSING, started_at=begun, progress=JobProgress(current_frame=3))

    page = shop.ask("GET", "/uploads").text

    assert 'value="0.5000"' in card(page, "half")
    told = r"picture 1,000,000 of 2,000,000 · (99\.\d|100\.0|100) per second · about 2\sh\s4\d\smin left"
    assert re.search(told, card(page, "half"))
    assert " value=" not in card(page, "begun"), "of nobody knows how many"
    assert "per second" not in card(page, "begun")


def test_the_queue_is_counted_filtered_and_paged(shop: PlatformSite) -> None:
    for number in range(27):
        put(shop, f"failed-{number}", jobs.FAILED, created_at=WEEK_AGO + timedelta(hours=number))
    put(shop, "gone", jobs.CANCELLED)
    put(shop, "theirs", venue_id="other", video_name="theirs.mp4")

    first = shop.ask("GET", "/uploads", params={"state": "failed"}).text
    second = shop.ask("GET", "/uploads", params={"state": "failed", "page": 2}).text
    none = shop.ask("GET", "/uploads", params={"state": "completed", "venue_id": "shop"}).text

    assert (first.count("data-job="), second.count("data-job=")) == (25, 2)
    assert 'data-job="failed-26"' in first
    assert "Page 2 of 2" in second
    counts = re.findall(r'(\w+) <strong class="num">(\d+)', none)
    assert counts == [
        ("All", "28"), ("Waiting", "0"), ("analysed", "0"),
        ("Done", "0"), ("Failed", "27"), ("Cancelled", "1"),
    ]  # fmt: skip
    assert "No video is in this state" in none
    assert shop.ask("GET", "/uploads", params={"state": "lost"}).status_code == 422


def test_an_empty_queue_says_what_to_do_and_a_queue_that_nobody_works_on_says_so(
    platform: PlatformSite,
) -> None:
    nothing = platform.ask("GET", "/uploads").text
    nowhere = platform.ask("GET", "/process").text
    with_venues(platform, "shop")
    empty = platform.ask("GET", "/uploads").text
    put(platform, "waits")
    waiting = platform.ask("GET", "/uploads").text

    assert "Make one first" in nothing
    assert "Make one first" in nowhere
    assert 'id="videos"' not in nowhere
    assert 'href="/process"' in empty
    assert "No video yet" in empty
    assert "Nobody analyses videos at the moment" in waiting
    assert "Nobody analyses videos" not in empty


def test_the_parts_that_are_asked_for_again_are_parts_of_their_pages(shop: PlatformSite) -> None:
    put(shop, "done", jobs.COMPLETED, **DONE)
    put(shop, "failed", jobs.FAILED)
    queue = shop.ask("GET", "/uploads/now", params={"state": "failed"}).text
    ids = {"job_id": ["failed", "removed", "done"]}
    followed = shop.ask("GET", "/process/now", params=ids).text

    assert queue.strip() in shop.ask("GET", "/uploads", params={"state": "failed"}).text
    assert followed.strip() in shop.ask("GET", "/process", params=ids).text
    assert re.findall(r'data-job="(\w+)"', followed) == ["failed", "done"], "and what is gone is left out"
    assert "<html" not in queue + followed


def test_the_form_knows_the_cameras_of_each_venue_and_opens_on_the_one_that_was_asked_for(
    shop: PlatformSite,
) -> None:
    page = shop.ask("GET", "/process", params={"venue_id": "shop", "camera_id": "till"}).text

    assert '<option value="shop" selected>The shop</option>' in page
    assert '<option value="till" selected>' in page
    data = page_data(page)
    assert [(one["venue_id"], one["id"]) for one in data["cameras"]] == [
        ("other", "their_door"),
        ("shop", "till"),
    ]
    assert data["zones"]["shop"] == "Europe/Paris"
    assert (data["longest_bytes"], data["hosts"][-1]) == (2_048_000_000, "youtu.be")


def test_a_viewer_sees_the_queue_without_buttons_and_nobody_sees_another_venue(closed: PlatformSite) -> None:
    viewer, manager = (Asker(closed).signed_in(name) for name in ("viewer", "manager"))

    seen, managed = viewer.ask("GET", "/uploads").text, manager.ask("GET", "/uploads").text
    for page in (seen, managed):
        assert re.findall(r'data-job="(\w+)"', page) == ["failed", "waits"]
        assert "theirs" not in page
    assert "data-action" not in seen
    assert "/process" not in seen
    assert 'data-action="retry"' in card(managed, "failed")
    assert 'data-action="remove"' in card(managed, "waits")

    assert viewer.status("GET", "/process") == 403
    form = manager.ask("GET", "/process", params={"job_id": ["failed", "theirs"]}).text
    assert 'data-job="theirs"' not in form
    assert "their_door" not in form
    assert "theirs.mp4" not in form
    assert "data-action" not in viewer.ask("GET", "/process/now", params={"job_id": ["failed"]}).text
    assert Asker(closed).ask("GET", "/uploads").headers["location"] == "/login?next=/uploads"
    assert manager.status("GET", "/uploads", params={"venue_id": "other"}) == 403


def test_a_name_that_somebody_gave_is_text(shop: PlatformSite) -> None:
    put(shop, "failed", jobs.FAILED, video_name=NASTY, url="https://youtu.be/<script>alert(2)")

    for path in ("/uploads", "/process?job_id=failed"):
        page = shop.ask("GET", path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page
        assert " style=" not in page
        assert not re.search(r"<script(?! type=\"module\" src=)", page)


def test_an_address_is_handed_over_with_its_camera_and_priority(shop: PlatformSite) -> None:
    body = {"url": "https://youtu.be/x", "venue_id": "shop", "camera_id": "till", "priority": 10}

    answer = shop.ask("POST", "/process/youtube", json=body)

    job = shop.get(f"/api/batch/jobs/{answer.json()['job_id']}")
    assert (job["camera_id"], job["priority"]) == ("till", 10)


def test_a_job_speaks_french_as_far_as_french_is_known(shop: PlatformSite) -> None:
    why = f"{look.NOT_A_VIDEO}: {look.UNDECODABLE}"
    tried = f"attempt 1 of 3 failed: {why}; it will be tried again"
    put(shop, "failed", jobs.PENDING)

    page = shop.ask("GET", "/uploads", headers={"Accept-Language": "fr"}).text

    assert "en attente" in card(page, "failed")
    assert in_words(tried, "fr").replace("\u00a0", " ") == (
        "La tentative 1 sur 3 a échoué : ce n’est pas une vidéo lisible : aucune image n’en est lisible ; il"
        " y en aura une autre"
    )
    assert in_words(tried, "en") == "A" + tried[1:]
    assert in_words("waits for its turn; the same file came before, as job 12", "en").endswith("came before")
    assert in_words("something new", "fr") == "Something new"
    known = [
        *(video_jobs.WAITS, desk.BEING_ANALYSED, runner.STOPPED, look.UNDECODABLE, why),
        *(being_fetched(*one) for one in ((0, None), (5_000_000, None), (5_000_000, 9_000_000))),
    ]
    for message in known:
        assert in_words(message, "fr").lower() != message.lower(), message
    assert plain_reasons("en") == {}
    assert plain_reasons("fr")[look.UNDECODABLE].startswith("aucune image")
