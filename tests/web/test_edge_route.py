"""PUT /api/edge/hours/...: what a box tells takes the place of what it told, and nothing else gets in."""

import copy
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from people_and_keys import CLOSED, Asker, with_key, with_venues
from platform_site import PlatformSite

from sightline.api.edge_models import EXAMPLE
from sightline.domain.scope import Scope
from sightline.store.audit_log import count_audit_entries
from sightline.store.events import list_events

VENUE = "my_store"
PATH = f"/api/edge/hours/{VENUE}/entrance/2026-03-02T09Z"
EVENT_ID = EXAMPLE["service_events"][0]["event_id"]


def document(**changed: Any) -> dict[str, Any]:
    return copy.deepcopy(EXAMPLE) | changed


def put(site: PlatformSite, told: Any, path: str = PATH, **parts: Any) -> httpx.Response:
    return site.ask("PUT", path, **({"json": told} | parts))


def status(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return str(answer.json()["status"])


@pytest.fixture
def shop(platform: PlatformSite) -> PlatformSite:
    return with_venues(platform, VENUE, "other")


def hours_of(site: PlatformSite) -> dict[str, int]:
    told = site.get(f"/analytics/{VENUE}/hourly", date="2026-03-02")
    return {one["hour"]: one["visitors"] for one in told["hourly"] if one["visitors"]}


def test_a_document_is_stored_known_and_outdated(shop: PlatformSite) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    answer = put(shop, document())
    assert status(answer) == "stored"
    told = answer.json()
    assert before < datetime.fromisoformat(told["server_time"]) < before + timedelta(minutes=1)
    assert (told["version"], told["timezone"]) == (3, "UTC"), "the venue's zone here, not that of the box"
    assert status(put(shop, document())) == "known"
    assert status(put(shop, document(sent_at="2026-03-03T00:00:00Z"))) == "known", "told again, later"
    emptied = document(stays=[], service_events=[], version=2)
    assert put(shop, emptied).json() | {"server_time": None} == {
        "status": "older", "version": 3, "server_time": None, "timezone": "UTC",
    }  # fmt: skip
    assert status(put(shop, document(stays=[]))) == "older", "the same version of another content"
    assert shop.get(f"/analytics/{VENUE}", days=1, to="2026-03-02")["total_visitors"] == 1
    assert status(put(shop, emptied | {"version": 4})) == "stored"
    assert shop.get(f"/analytics/{VENUE}", days=1, to="2026-03-02")["total_visitors"] == 0
    assert shop.get("/api/events", venue_id=VENUE) == []


def test_an_event_is_told_with_its_people_and_video_under_the_id_of_the_box(shop: PlatformSite) -> None:
    put(shop, document())
    (event,) = shop.get("/api/events", venue_id=VENUE)
    assert (event["event_id"], event["camera_id"], event["kind"]) == (EVENT_ID, "entrance", "interaction")
    assert [one["track_id"] for one in event["people"]] == [3, 17]
    assert event["video_evidence"]["segment_filename"] == "segment_8_20260302_093005_interaction_start.mp4"
    assert event["evidence"] is None
    again = document(version=4)
    again["service_events"][0]["video_evidence"] = {
        "video_url": "https://box.example.org/api/evidence/x/clip"
    }
    put(shop, again)
    (event,) = shop.get("/api/events", venue_id=VENUE)
    assert event["video_evidence"] == {"video_url": "https://box.example.org/api/evidence/x/clip"}


def test_gzip_is_taken_and_what_is_none_is_not(shop: PlatformSite) -> None:
    body = json.dumps(document()).encode()
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    assert status(put(shop, None, json=None, content=gzip.compress(body), headers=packed)) == "stored"
    for content, encoding, expected in (
        (body, "gzip", 400),
        (gzip.compress(body)[:-9], "gzip", 400),
        (gzip.compress(b" " * ((16 << 20) + 1)), "gzip", 413),
        (body, "br", 415),
    ):
        headers = packed | {"Content-Encoding": encoding}
        answer = put(shop, None, json=None, content=content, headers=headers)
        assert answer.status_code == expected, (encoding, answer.text)


def changed(way: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    told = document()
    place: Any = told
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    return told


WRONG: list[tuple[tuple[str | int, ...], Any]] = [
    (("venue_id",), "other"),
    (("camera_id",), "till"),
    (("hour",), "2026-03-02T10Z"),
    (("version",), 0),
    (("stays", 0, "timestamp"), "2026-03-02T10:00:00Z"),
    (("stays", 0, "timestamp"), "2026-03-02T09:30:00+01:00"),
    (("stays", 0, "pseudo_id"), "a\u0000b"),
    (("stays", 0, "dwell_seconds"), -1),
    (("service_events", 0, "start"), "2026-03-02T08:59:59Z"),
    (("service_events", 0, "end"), "2026-03-02T09:30:09Z"),
    (("service_events", 0, "created_at"), "0001-01-01T00:00:00+14:00"),
    (("service_events", 0, "state"), "gone"),
    (("service_events", 0, "event_id"), "../x"),
    (("service_events", 0, "people", 0, "role_reason"), "a\u0000b"),
    (("service_events", 0, "details"), {"a": [1]}),
    (("service_events", 0, "score"), 1.5),
    (("service_events",), [EXAMPLE["service_events"][0]] * 2),
    (("coverage", "minutes"), [[60, 1]]),
    (("coverage", "minutes"), [[1, 0]]),
    (("stays",), [EXAMPLE["stays"][0]] * 20_001),
]


def test_what_does_not_fit_is_refused_whole(shop: PlatformSite) -> None:
    for way, value in WRONG:
        answer = put(shop, changed(way, value))
        assert answer.status_code == 422, (way, answer.text)
    for raw in (b'{"a": NaN', json.dumps(document()).replace("1.1", "NaN").encode(), b"[]", b"\xff"):
        headers = {"Content-Type": "application/json"}
        assert put(shop, None, json=None, content=raw, headers=headers).status_code == 422, raw
    for path in ("2026-02-30T09Z", "2026-03-02T24Z", "1999-12-31T23Z", "x"):
        told = document(hour=path, stays=[], service_events=[])
        assert put(shop, told, PATH.rpartition("/")[0] + "/" + path).status_code == 422, path
    assert shop.get("/api/events", venue_id=VENUE) == []
    assert shop.get(f"/analytics/{VENUE}", days=1, to="2026-03-02")["total_visitors"] == 0


def test_stays_without_a_camera_have_no_events_and_no_coverage(shop: PlatformSite) -> None:
    path = PATH.replace("entrance", "~")
    bare = document(camera_id="~", service_events=[], coverage={"minutes": []})
    assert put(shop, document(camera_id="~"), path).status_code == 422
    assert put(shop, bare | {"coverage": {"minutes": [[1, 1]]}}, path).status_code == 422
    assert status(put(shop, bare, path)) == "stored"


def test_a_venue_is_not_made_and_ids_of_other_venues_are_refused(shop: PlatformSite) -> None:
    unknown = document(venue_id="new")
    assert put(shop, unknown, PATH.replace(VENUE, "new")).status_code == 404
    theirs = document(venue_id="other")
    assert status(put(shop, theirs, PATH.replace(VENUE, "other"))) == "stored"
    answer = put(shop, document())
    assert answer.status_code == 409
    assert EVENT_ID in answer.json()["detail"]
    with shop.database.reading() as connection:
        assert list_events(Scope.of(VENUE), connection, state=None) == []
    assert shop.get(f"/analytics/{VENUE}", days=1, to="2026-03-02")["total_visitors"] == 0


def test_hours_are_counted_in_the_zone_of_the_centre(platform: PlatformSite) -> None:
    platform.ask("POST", "/venues", json={"id": VENUE, "name": "x", "timezone": "Asia/Kathmandu"})
    assert put(platform, document()).json()["timezone"] == "Asia/Kathmandu"
    # 09:30 UTC is 15:15 there; the camera looked in two minutes of that hour.
    assert hours_of(platform) == {15: 1}
    told = platform.get(f"/analytics/{VENUE}/hourly", date="2026-03-02")
    assert told["coverage"]["cameras"] == 1
    assert [one["hour"] for one in told["hourly"] if one["visitors"] is not None] == [15]


def test_a_key_of_the_venue_opens_it_and_the_audit_log_stays_short(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", CLOSED)
    with_venues(site, VENUE, "other")
    with site.answering():
        ours = Asker(site, key=with_key(site, VENUE).text)
        theirs = Asker(site, key=with_key(site, "other").text)
        assert theirs.status("PUT", PATH, json=document()) == 403
        assert Asker(site).status("PUT", PATH, json=document()) == 401
        assert ours.ask("PUT", PATH, json=document()).json()["status"] == "stored"
    with site.database.reading() as connection:
        assert count_audit_entries(Scope.site(), connection) == 0
    site.close()
