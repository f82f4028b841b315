"""/review and /review/{event_id}: from a figure to the video behind it."""

import io
import re
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest
from clip_platform import NASTY, ClipPlatform
from evidence_site import CAMERA, VENUE, at
from people_and_keys import CLOSED, Asker, with_account, with_venues
from platform_site import PlatformSite

from sightline.dashboard.review_asked import hour_of_wall
from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.domain.seen_boxes import BoxCollector
from sightline.domain.stay import Stay
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.store.seen_boxes import add_boxes, boxes_between, forget_boxes, old_boxes
from sightline.store.stays import add_stays

SITE = Scope.site()
DAY = {"venue_id": VENUE, "first": "2025-10-25", "last": "2025-10-25"}


def stays(
    platform: PlatformSite, venue_id: str, *told: tuple[datetime, str], run_id: str | None = None
) -> None:
    found = [
        Stay(
            pseudo_id=f"p{number}",
            at=moment,
            zone=zone,
            dwell=timedelta(seconds=4),
            camera_id=CAMERA,
            run_id=run_id,
            track_id=number if run_id else None,
        )
        for number, (moment, zone) in enumerate(told)
    ]
    with platform.database.transaction() as connection:
        add_stays(SITE, connection, venue_id, found)


def page(platform: PlatformSite, path: str, **params: Any) -> str:
    answer = platform.ask("GET", path, **({"params": params} if params else {}))
    assert answer.status_code == 200, answer.text[:500]
    return answer.text


def test_events_of_a_day_with_pictures_and_on_a_line(standing: ClipPlatform) -> None:
    text = page(standing, "/review", **DAY)

    assert "3 events" in text
    cards = re.findall(r'<a class="event" href="/review/([0-9a-f]+)\?', text)
    assert len(cards) == 3
    assert len(re.findall(r'src="/api/evidence/[0-9a-f]+/picture"', text)) == 3
    marks = re.findall(
        r'<a href="/review/([0-9a-f]+)\?[^"]*" aria-label="(?:Served|Left unattended|Queued), ', text
    )
    assert sorted(set(marks)) == sorted(cards)


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        pytest.param({"kind": "queue"}, 1, id="kind"),
        pytest.param({"hour": 13}, 3, id="hour of the wall, summer time"),
        pytest.param({"hour": 11}, 0, id="that hour in UTC"),
        pytest.param({"first": "2025-10-26", "last": "2025-10-26"}, 0, id="another day"),
        pytest.param({"camera_id": "door"}, 0, id="another camera"),
        pytest.param({"confirmed": "true"}, 0, id="confirmed"),
        pytest.param(
            {"kind": "", "hour": "", "confirmed": "", "camera_id": ""}, 3, id="empty fields of the form"
        ),
    ],
)
def test_it_shows_what_is_asked_for(standing: ClipPlatform, wanted: dict[str, Any], count: int) -> None:
    text = page(standing, "/review", **{**DAY, **wanted})

    assert len(re.findall('<a class="event"', text)) == count
    assert ("Nothing happened in these days" in text) is (count == 0)


def test_a_figure_of_visitors_leads_to_the_stays_it_counts(platform: PlatformSite) -> None:
    with_venues(platform, "shop")
    noon = datetime(2026, 3, 2, 12, 10, tzinfo=UTC)
    later = noon + timedelta(hours=6)
    stays(platform, "shop", (noon, "shelves"), (noon, "counter"), (later, "shelves"), (later, NASTY[:40]))

    dashboard = page(platform, "/dashboard/shop", to="2026-03-02")
    (address,) = set(re.findall(r'<a href="(/review\?[^"]*hour=18[^"]*)" aria-label="18:00', dashboard))
    text = page(platform, address.replace("&amp;", "&"))
    of_zone = page(platform, "/review", venue_id="shop", show="visits", zone="shelves")

    assert "2 stays in zones, of 2 visitors" in text
    assert "told by another program" in text
    assert "&lt;script&gt;alert" in text
    assert "<script>alert" not in text
    assert "2 stays in zones" in of_zone
    assert 'class="plain watch"' not in of_zone


def test_a_stay_of_ours_offers_to_be_watched_while_its_recording_is_here(clips: ClipPlatform) -> None:
    stays(clips, VENUE, (at(5), "shelves"), (at(3_600), "shelves"), run_id="run-1")

    text = page(clips, "/review", **DAY, show="visits")

    assert "2 stays in zones" in text
    assert len(re.findall('class="plain watch"', text)) == 1
    assert "recording no longer kept" in text
    cut = {name: re.search(f'data-{name}="([^"]+)"', text)[1] for name in ("from", "to", "reason", "camera")}  # type: ignore[index]
    made = clips.ask(
        "POST",
        "/api/evidence/cut",
        json={
            "venue_id": VENUE,
            "camera_id": cut["camera"],
            "from": cut["from"],
            "to": cut["to"],
            "reason": "x",
        },
    ).json()
    shown = page(clips, f"/review/{made['evidence_id']}")
    assert "Clip on request" in shown
    assert "<video" in shown


def test_the_page_of_an_event_plays_its_clip_and_knows_its_neighbours(standing: ClipPlatform) -> None:
    newest, middle, oldest = (one["event_id"] for one in standing.get("/api/events", venue_id=VENUE))

    text = page(standing, f"/review/{middle}", **DAY)

    assert (
        f'src="/api/evidence/{standing.get(f"/api/events/{middle}")["evidence"]["evidence_id"]}/clip?part=0"'
        in text
    )
    assert "sealed and signed" in text
    assert re.search(rf'rel="prev" href="/review/{oldest}\?', text)
    assert re.search(rf'rel="next" href="/review/{newest}\?', text)
    assert 'rel="next"' not in page(standing, f"/review/{newest}", **DAY, kind="queue")
    assert 'class="gap"' in text  # pre-roll and post-roll
    assert " style=" not in text


def test_a_clip_that_was_altered_is_explained_and_not_played(clips: ClipPlatform) -> None:
    event_id = clips.evidence().event_id
    with clips.clip().open("r+b") as file:
        file.write(b"\0" * 8)

    text = page(clips, f"/review/{event_id}")

    assert "This clip is not as it was sealed" in text
    assert "<video" not in text
    assert clips.ask("GET", f"/api/evidence/{event_id}/picture").status_code == 409
    assert clips.ask("GET", f"/api/evidence/{event_id}/export").status_code == 409


def test_a_dismissed_event_is_kept_and_counts_no_more(clips: ClipPlatform) -> None:
    (event,) = clips.get("/api/events", venue_id=VENUE, kind="unattended")
    path = f"/api/events/{event['event_id']}/verdict"
    window = {"days": 1, "to": "2025-10-25"}
    before = clips.get(f"/analytics/{VENUE}/service", **window)["unattended"]["count"]

    without_reason = clips.ask("POST", path, json={"verdict": "dismissed"})
    said = clips.ask("POST", path, json={"verdict": "dismissed", "reason": NASTY})

    assert without_reason.status_code == 422
    assert said.status_code == 200, said.text
    assert said.json()["verdict"] == "dismissed"
    assert (before, clips.get(f"/analytics/{VENUE}/service", **window)["unattended"]["count"]) == (1, 0)
    assert [one.subject_id for one in clips.entries("event_dismissed")] == [event["event_id"]]
    listed = page(clips, "/review", **DAY)
    assert "2 events" in listed
    assert "1 dismissed event is not shown." in listed
    assert "3 events" in page(clips, "/review", **DAY, dismissed="true")
    assert [one["event_id"] for one in clips.get("/api/events", dismissed=True)] == [event["event_id"]]
    shown = page(clips, f"/review/{event['event_id']}")
    assert "Dismissed by this machine" in shown
    assert "<script>alert" not in shown

    assert clips.ask("POST", path, json={"verdict": "confirmed"}).status_code == 200
    assert clips.get(f"/analytics/{VENUE}/service", **window)["unattended"]["count"] == 1


def test_a_viewer_sees_and_changes_nothing(sealed_shop: Any, tmp_path: Any) -> None:
    site = ClipPlatform.copied(sealed_shop, tmp_path / "closed", CLOSED)
    with_account(site, "vera", Role.VIEWER, VENUE)
    with_account(site, "olga", Role.VIEWER, "other_shop")
    event_id = site.evidence().event_id
    with site.answering():
        vera, olga = Asker(site).signed_in("vera"), Asker(site).signed_in("olga")
        hers = vera.ask("GET", f"/review/{event_id}")
        others = [
            olga.status("GET", path) for path in (f"/review/{event_id}", f"/api/evidence/{event_id}/boxes")
        ]
        nothing = olga.ask("GET", "/review")
        nobody = Asker(site).ask("GET", f"/review/{event_id}")
    site.close()

    assert hers.status_code == 200
    assert "<video" in hers.text
    for change in ("verdict-form", "hold-form", "link-form", "/export"):
        assert change not in hers.text
    assert others == [403, 403]
    assert '<a class="event"' not in nothing.text
    assert nobody.status_code == 303


def test_a_picture_shows_the_middle_of_the_event_with_masks_drawn(
    standing: ClipPlatform, sealed_shop: Any, tmp_path: Any
) -> None:
    event = standing.get("/api/events", venue_id=VENUE, kind="interaction")[0]
    address = f"/api/evidence/{event['evidence']['evidence_id']}/picture"
    answer = standing.ask("GET", address)
    privacy = {"masks": [{"camera": CAMERA, "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}]}
    covered = ClipPlatform.copied(sealed_shop, tmp_path / "covered", {"privacy": privacy})
    with covered.answering():
        masked = covered.ask("GET", address)
        export = covered.ask("GET", address.replace("picture", "export"))
    covered.close()

    assert answer.headers["content-type"] == "image/jpeg"
    assert "no-store" in answer.headers["cache-control"]
    seen = _grey(answer.content)
    # Ten pictures a second; the bar moves a pixel a picture: the middle of 6 to 14 s is at pixel 100.
    assert abs(int(seen[48].argmax()) - 100) <= 10
    assert _grey(masked.content).std() < 2
    assert export.status_code == 409
    assert standing.ask("GET", "/api/evidence/unknown/picture").status_code == 404


def test_a_case_is_handed_over_as_one_file_and_nothing_of_it_stays(clips: ClipPlatform) -> None:
    evidence = clips.evidence()

    answer = clips.ask("GET", f"/api/evidence/{evidence.id}/export")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as case:
        names = case.namelist()
    assert [name for name in names if name.endswith(evidence.parts[0].file_name)]
    assert "verify.html" in names
    assert [one.subject_id for one in clips.entries("exported")] == [evidence.id]
    left_by = time.monotonic() + 5  # it goes once the last byte has been sent
    while list((clips.site.data_dir / "exports").iterdir()) and time.monotonic() < left_by:
        time.sleep(0.02)
    assert list((clips.site.data_dir / "exports").iterdir()) == []


def test_boxes_come_with_the_time_of_the_clip_and_the_roles_of_the_event(clips: ClipPlatform) -> None:
    event = clips.get("/api/events", venue_id=VENUE, kind="interaction")[0]
    evidence = next(
        one for one in (clips.evidence(number) for number in range(3)) if one.event_id == event["event_id"]
    )
    collector = BoxCollector()
    stretches = []
    for number in range(400):
        people = (
            TrackedBox(1, (10, 10, 20, 40), 0.9),
            TrackedBox(2, (number / 4, 0, 20 + number / 4, 96), 0.9),
        )
        frame = TrackedFrame(captured_at=at(number / 10), width=160, height=96, people=people)
        stretches += collector.see(frame)
    stretches += collector.finish()
    with clips.database.transaction() as connection:
        add_boxes(SITE, connection, venue_id=VENUE, camera_id=CAMERA, run_id="run-1", stretches=stretches)

    told = clips.get(f"/api/evidence/{evidence.id}/boxes")

    start = evidence.parts[0].starts_at
    assert start is not None
    assert (told["width"], told["height"]) == (160, 96)
    first = told["frames"][0]
    roles = {one["track_id"]: one["role"] for one in first["people"]}
    assert roles == {1: "staff", 2: "customer"}
    number = round(((start - at(0)).total_seconds() + first["t"]) * 10)
    (box,) = (one["box"] for one in first["people"] if one["track_id"] == 2)
    assert box == pytest.approx([number / 640, 0, (20 + number / 4) / 160, 1], abs=2e-4)
    assert told["frames"][1]["t"] - first["t"] == pytest.approx(0.2, abs=0.01)

    now = at(0) + timedelta(days=300)
    with clips.database.transaction() as connection:
        old = old_boxes(SITE, connection, now, limit=10)
        forget_boxes(SITE, connection, old)
        left = boxes_between(SITE, connection, VENUE, CAMERA, at(0), at(60))
    assert old == []  # the clips of the same minute keep them
    assert len(left) == 1


def test_an_hour_of_the_wall_on_the_days_when_clocks_change() -> None:
    paris = ZoneInfo("Europe/Paris")
    skipped = hour_of_wall(date(2026, 3, 29), 2, paris)
    twice = hour_of_wall(date(2026, 10, 25), 2, paris)

    assert skipped[0] >= skipped[1]
    assert twice[1] - twice[0] == timedelta(hours=2)


def test_wrong_addresses_are_refused_in_words(standing: ClipPlatform) -> None:
    refused = [
        {"first": "2025-10-26", "last": "2025-10-25"},
        {"first": "2020-01-01", "last": "2025-10-25"},
        {"hour": 24},
        {"kind": "party"},
        {"page": 0},
        {"first": "1970-01-01"},
    ]
    for params in refused:
        answer = standing.ask("GET", "/review", params=params)
        assert answer.status_code == 422, params
        assert "The address of this page has a wrong value." in answer.text
    assert standing.ask("GET", "/review", params={"venue_id": "nowhere"}).status_code == 404
    assert standing.ask("GET", "/review/unknown").status_code == 404


def _grey(jpeg: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
