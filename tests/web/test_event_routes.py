"""Service events over HTTP: all that is known of them, to whom it belongs, newest first."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from clip_platform import NASTY, OTHER, SITE, ClipPlatform
from evidence_site import CAMERA, EVENTS, VENUE, at, service_event
from sqlalchemy import update

from sightline.domain.event import EventKind, Role, ServiceEvent
from sightline.domain.security import RiskLevel
from sightline.store import events as event_store
from sightline.store import venues
from sightline.store.events import StoredEvent
from sightline.store.tables import event

MEMBERS = {
    "event_id", "venue_id", "camera_id", "kind", "sort", "state", "ongoing", "started_at", "ended_at",
    "duration_s", "confirmed", "confirmed_at", "score", "people", "details", "video_evidence", "evidence",
    "verification", "assessment", "verdict",
}  # fmt: skip


class Placed(NamedTuple):
    """An event and where it happened."""

    venue: str
    camera: str
    event: ServiceEvent

    @property
    def at(self) -> datetime:
        return self.event.started_at

    @property
    def is_confirmed(self) -> bool:
        return self.event.confirmed_at is not None


def listed(site: ClipPlatform, **params: Any) -> list[dict[str, Any]]:
    return list(site.get("/api/events", **params))


def add(site: ClipPlatform, event_id: str, happened: ServiceEvent, **where: Any) -> None:
    place = {"venue_id": VENUE, "camera_id": CAMERA, **where}
    stored = StoredEvent.of(happened, event_id=event_id, run_id=None, created_at=at(100), **place)
    with site.database.transaction() as connection:
        venues.ensure_venue(SITE, connection, place["venue_id"])
        venues.ensure_camera(SITE, connection, place["venue_id"], place["camera_id"], source_label="x")
        event_store.write_events(SITE, connection, [stored])


def test_events_come_newest_first_with_all_that_is_known_of_them(standing: ClipPlatform) -> None:
    rows = [one for one in listed(standing, venue_id=VENUE) if one["evidence"] is not None]
    assert [one["kind"] for one in rows] == ["queue", "unattended", "interaction"]
    told = rows[2]
    assert set(told) == MEMBERS
    interaction = EVENTS[0]
    assert told["started_at"] == interaction.started_at.isoformat().replace("+00:00", "Z")
    assert told["duration_s"] == 8.0
    assert told["score"] == 0.8
    assert [(one["track_id"], one["role"]) for one in told["people"]] == [(1, "staff"), (2, "customer")]
    assert told["confirmed"] is False
    assert told["ongoing"] is False
    (evidence,) = [one for one in map(standing.evidence, range(3)) if one.event_id == told["event_id"]]
    assert told["evidence"]["evidence_id"] == evidence.id
    assert told["evidence"]["clips"] == [evidence.parts[0].file_name]
    assert told["verification"] == {"state": "as_sealed", "checked": "lengths", "troubles": []}
    assert list(told["video_evidence"]) == [
        "segment_filename", "uploaded_filename", "video_url", "incident_id", "upload_timestamp",
    ]  # fmt: skip
    clip = standing.ask("GET", told["video_evidence"]["video_url"])
    assert clip.content == standing.clip(0).read_bytes()


def test_service_rows_tell_the_same_address_of_a_clip_and_no_path_of_this_machine(
    standing: ClipPlatform,
) -> None:
    events = {one["event_id"]: one for one in listed(standing, venue_id=VENUE)}
    first = min(one["started_at"] for one in events.values())[:10]
    answer = standing.ask("GET", f"/analytics/{VENUE}/service?days=90&to={first}")
    rows = [row for row in answer.json()["rows"] if row["video_evidence"]]
    assert rows
    for row in rows:
        assert row["video_evidence"] == events[row["event_id"]]["video_evidence"]
        assert standing.ask("GET", row["video_evidence"]["video_url"]).status_code == 200
    assert "file:" not in answer.text


def test_no_answer_tells_a_folder_of_the_machine(standing: ClipPlatform) -> None:
    answer = standing.ask("GET", "/api/events")
    assert str(standing.site.data_dir) not in answer.text
    assert "file:" not in answer.text


def test_filters_and_pages_are_those_of_plain_arithmetic(clips: ClipPlatform) -> None:
    """Oracle: the same selection over a plain list."""
    happened: dict[str, Placed] = {}
    for number in range(24):
        kind = (EventKind.UNATTENDED, EventKind.QUEUE, EventKind.SECURITY)[number % 3]
        bare = service_event(kind, 100 + 10 * (number // 2), 105 + 11 * number, (number, Role.CUSTOMER))
        confirmed = at(104 + 10 * number) if number % 4 == 0 else None
        told = ServiceEvent(
            kind=bare.kind,
            started_at=bare.started_at,
            ended_at=bare.ended_at,
            participants=bare.participants,
            score=bare.score,
            confirmed_at=confirmed,
            details={"incident_type": "loitering", "risk_level": RiskLevel.LOW.value},
        )
        place = (("many", "a"), ("many", "b"), ("few", "a"))[number % 5 % 3]
        happened[f"e{number:02}"] = Placed(*place, told)
        add(clips, f"e{number:02}", told, venue_id=place[0], camera_id=place[1])
    since = at(150)
    wanted: list[tuple[dict[str, Any], Callable[[Placed], bool]]] = [
        ({"venue_id": "many"}, lambda one: one.venue == "many"),
        ({"venue_id": "many", "camera_id": "b"}, lambda one: (one.venue, one.camera) == ("many", "b")),
        ({"venue_id": "few", "kind": "queue"}, lambda one: one.venue == "few" and one.event.kind == "queue"),
        ({"camera_id": "a", "confirmed": True}, lambda one: one.camera == "a" and one.is_confirmed),
        ({"venue_id": "many", "confirmed": False}, lambda one: one.venue == "many" and not one.is_confirmed),
        ({"camera_id": "a", "from": since.isoformat()}, lambda one: one.camera == "a" and one.at >= since),
        ({"camera_id": "a", "to": since.isoformat()}, lambda one: one.camera == "a" and one.at < since),
        # Without an offset it is UTC; with one it is what it says.
        ({"camera_id": "b", "from": "2025-10-25T11:32:30"},
         lambda one: one.camera == "b" and one.at >= since),
        ({"camera_id": "b", "from": "2025-10-25T13:32:30+02:00"},
         lambda one: one.camera == "b" and one.at >= since),
    ]  # fmt: skip
    for params, fits in wanted:
        expected = [name for name, one in happened.items() if fits(one)]
        expected.sort(key=lambda name: (happened[name].at, name), reverse=True)
        answer = clips.ask("GET", "/api/events", params={**params, "limit": 200})
        assert [one["event_id"] for one in answer.json()] == expected, params
        assert answer.headers["X-Total-Count"] == str(len(expected))
        paged = []
        for offset in range(0, len(expected), 3):
            paged += [one["event_id"] for one in listed(clips, **params, limit=3, offset=offset)]
        assert paged == expected


def test_an_event_that_goes_on_says_so_and_one_that_was_superseded_is_found_by_its_id_only(
    clips: ClipPlatform,
) -> None:
    add(clips, "goes_on", service_event(EventKind.QUEUE, 300, 310, (9, Role.CUSTOMER)))
    add(clips, "replaced", service_event(EventKind.QUEUE, 400, 410, (9, Role.CUSTOMER)))
    with clips.database.transaction() as connection:
        connection.execute(update(event).where(event.c.id == "goes_on").values(ongoing=True))
        connection.execute(update(event).where(event.c.id == "replaced").values(state="superseded"))
    rows = {one["event_id"]: one for one in listed(clips)}
    assert rows["goes_on"]["ongoing"] is True
    assert rows["goes_on"]["verification"]["state"] == "none"
    assert "replaced" not in rows
    assert clips.get("/api/events/replaced")["state"] == "superseded"


def test_the_bytes_of_one_events_clip_are_checked_when_it_is_asked_for(clips: ClipPlatform) -> None:
    evidence, clip = clips.evidence(0), clips.clip(0)
    whole = clips.get(f"/api/events/{evidence.event_id}")
    assert whole["verification"] == {"state": "as_sealed", "checked": "bytes", "troubles": []}
    bytes_ = bytearray(clip.read_bytes())
    bytes_[-1] ^= 1
    clip.chmod(0o600)
    clip.write_bytes(bytes_)
    altered = clips.get(f"/api/events/{evidence.event_id}")["verification"]
    assert altered["state"] == "altered"
    assert altered["troubles"] == [f"{clip.name} was altered"]
    clip.write_bytes(bytes_[:-1])
    (row,) = [one for one in listed(clips) if one["event_id"] == evidence.event_id]
    assert row["verification"]["state"] == "altered"
    assert row["verification"]["checked"] == "lengths"


def test_a_venue_sees_its_own_events_only(clips: ClipPlatform) -> None:
    mine, other = clips.key(), clips.key(OTHER)
    event_id = clips.evidence(0).event_id
    assert len(clips.ask("GET", "/api/events", headers=mine).json()) == 3
    answer = clips.ask("GET", "/api/events", headers=other)
    assert (answer.json(), answer.headers["X-Total-Count"]) == ([], "0")
    assert clips.ask("GET", "/api/events", headers=other, params={"venue_id": VENUE}).status_code == 403
    assert clips.ask("GET", f"/api/events/{event_id}", headers=mine).status_code == 200
    assert clips.ask("GET", f"/api/events/{event_id}", headers=other).status_code == 403
    assert clips.ask("GET", "/api/events/nowhere", headers=other).status_code == 404


@pytest.mark.parametrize(
    "params",
    [
        {"limit": 0}, {"limit": 201}, {"offset": -1}, {"kind": "theft"}, {"confirmed": "perhaps"},
        {"from": "yesterday"}, {"from": "0001-01-01T00:00:00+14:00"}, {"to": "9999-12-31T23:59:59-14:00"},
        {"venue_id": "a/../b"}, {"camera_id": "x" * 51}, {"venue_id": "\0"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(standing: ClipPlatform, params: dict[str, Any]) -> None:
    answer = standing.ask("GET", "/api/events", params=params)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][0] == "query"


def test_what_a_rule_or_another_program_wrote_comes_back_as_text(clips: ClipPlatform) -> None:
    bare = service_event(EventKind.SECURITY, 500, 510, (1, Role.UNKNOWN))
    told = ServiceEvent(
        kind=bare.kind,
        started_at=bare.started_at,
        ended_at=bare.ended_at + timedelta(seconds=1),
        participants=bare.participants,
        score=0.5,
        details={"zone": NASTY},
    )
    add(clips, "nasty", told)
    answer = clips.ask("GET", "/api/events/nasty")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["details"]["zone"] == NASTY
