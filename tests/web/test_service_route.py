"""GET /analytics/{venue_id}/service over HTTP: figures, pages, and the video of each row."""

import json
import random
from datetime import date, timedelta

import pytest
import service_oracle as oracle
from behavior_oracle import noon
from platform_site import PlatformSite

from sightline.analytics.durations import wall_clock
from sightline.analytics.metrics_file import metrics_text
from sightline.domain.event import EventKind, Participant, Role
from sightline.domain.scope import Scope
from sightline.store.events import StoredEvent, write_events
from sightline.store.links import link_evidence
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
ZONE = "America/St_Johns"
AROUND = noon("2026-11-01")


def made_up(venue_id: str, seed: int, count: int = 120) -> list[StoredEvent]:
    """Two weeks at the till, of runs without stored tracks."""
    dice = random.Random(seed)
    events = []
    for number in range(count):
        kind = dice.choice(list(EventKind))
        start = AROUND + timedelta(seconds=dice.randrange(-600_000, 600_000))
        end = start + timedelta(seconds=dice.randrange(300))
        people = [Participant(dice.randrange(3, 30), Role.CUSTOMER, 0.8, "drawn")]
        if kind is EventKind.INTERACTION:
            people.insert(0, Participant(dice.randrange(1, 3), Role.STAFF, 0.9, "drawn"))
        events.append(
            StoredEvent(
                id=f"{venue_id}_{number:03}",
                venue_id=venue_id,
                camera_id="till",
                run_id=dice.choice(["run_a", None]),
                kind=kind,
                started_at=start,
                ended_at=end,
                confirmed_at=dice.choice([None, end]) if kind is EventKind.UNATTENDED else None,
                score=0.5,
                details={"line_length": dice.randrange(1, 6)} if kind is EventKind.QUEUE else {},
                state="current",
                created_at=AROUND,
                participants=tuple(people),
            )
        )
    return events


def told(platform: PlatformSite, venue_id: str, events: list[StoredEvent]) -> None:
    with platform.database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=ZONE)
        ensure_camera(SITE, connection, venue_id, "till", source_label="till.mp4")
        write_events(SITE, connection, events)


def test_every_figure_equals_a_recount(platform: PlatformSite) -> None:
    events = made_up("shop", 1)
    told(platform, "shop", events)
    told(platform, "other", made_up("other", 2))
    for days, to in ((1, "2026-11-01"), (7, "2026-11-03"), (30, "2026-11-20")):
        answer = platform.get("/analytics/shop/service", days=days, to=to, limit=500)
        counted = oracle.counted(events, ZONE, days, date.fromisoformat(to))
        assert {row["event_id"] for row in answer.pop("rows")} == {one.id for one in counted}
        expected = json.loads(json.dumps(oracle.service(counted, {}, ZONE), default=str))
        assert answer == {"venue_id": "shop", "period": f"Last {days} days"} | expected


def test_rows_come_in_pages_and_the_headers_say_how_many_there_are(platform: PlatformSite) -> None:
    events = made_up("shop", 1)
    told(platform, "shop", events)
    count = len(oracle.counted(events, ZONE, 30, date(2026, 11, 20)))
    path, window = "/analytics/shop/service", {"days": 30, "to": "2026-11-20"}
    seen: list[str] = []
    following: str | None = f"{path}?days=30&to=2026-11-20&limit=25"
    while following:
        answer = platform.ask("GET", following)
        assert answer.headers["X-Total-Count"] == str(count)
        seen += [row["event_id"] for row in answer.json()["rows"]]
        following = answer.links.get("next", {}).get("url")
    assert seen == [row["event_id"] for row in platform.get(path, **window, limit=500)["rows"]]
    assert len(seen) == len(set(seen)) == count
    assert len(platform.get(path, **window)["rows"]) == 50


def test_each_row_has_its_video_as_the_metrics_file_has_it(platform: PlatformSite) -> None:
    events = made_up("shop", 1)
    told(platform, "shop", events)
    linked = {
        "segment_filename": "segment_1_20261101_120000_queue.mp4",
        "uploaded_filename": "a.mp4",
        "video_url": "https://videos.example/a.mp4",
        "incident_id": "incident_1",
        "upload_timestamp": "2026-11-01 12:00:00",
    }
    chosen = next(one for one in events if one.kind is EventKind.QUEUE)
    with platform.database.transaction() as connection:
        link_evidence(SITE, connection, chosen.id, linked, at=AROUND)
    rows = platform.get("/analytics/shop/service", days=30, to="2026-11-20", limit=500)["rows"]
    ours = {row["event_id"]: row["video_evidence"] for row in rows}
    assert ours[chosen.id] == linked
    segments = platform.site.segments_dir
    text = "".join(metrics_text(platform.database, venue_id="shop", segments_dir=segments, now=wall_clock()))
    file = json.loads(text)
    of_file = [one["video_evidence"] for one in file["queue_metrics"]["queue_times"]]
    assert sorted(map(str, of_file)) == sorted(
        str(row["video_evidence"]) for row in rows if row["kind"] == "queue"
    )


def test_row_tells_who_and_when_on_the_clock_of_the_venue(platform: PlatformSite) -> None:
    one = next(one for one in made_up("shop", 1) if one.kind is EventKind.INTERACTION)
    told(platform, "shop", [one])
    row = platform.get("/analytics/shop/service", days=30, to="2026-11-20")["rows"][0]
    assert row["event_id"] == one.id
    assert row["camera_id"] == "till"
    assert row["confirmed"] is None
    assert row["start"].endswith(("-02:30", "-03:30"))
    assert row["duration_s"] == one.duration.total_seconds()
    assert [(who["track_id"], who["role"]) for who in row["people"]] == [
        (who.track_id, who.role.value) for who in one.participants
    ]


def test_venue_that_does_not_exist_has_no_service(platform: PlatformSite) -> None:
    answer = platform.get("/analytics/nobody/service")
    assert answer["interactions"] == {"count": 0, "duration_s": {"p50": None, "p90": None, "mean": None}}
    assert answer["share_served_percent"] is None
    assert answer["rows"] == answer["staff"] == []
    assert [one["queues"] for one in answer["by_hour"]] == [0] * 24


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "offset=-1", "days=91", "to=never"])
def test_page_or_window_that_does_not_exist_is_refused(platform: PlatformSite, query: str) -> None:
    assert platform.ask("GET", f"/analytics/shop/service?{query}").status_code == 422


def test_page_behind_the_last_row_is_empty(platform: PlatformSite) -> None:
    told(platform, "shop", made_up("shop", 1))
    answer = platform.ask("GET", "/analytics/shop/service?days=30&to=2026-11-20&offset=1000000000")
    assert answer.json()["rows"] == []
    assert int(answer.headers["X-Total-Count"]) > 0
