"""Every kind of retention at once: what is due goes, and no other row of any table changes."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import numpy as np
import pytest
from all_rows import all_rows
from sqlalchemy import Connection, insert

from sightline.config.identity_key import IdentityKey
from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.domain.templates import Template
from sightline.live_wiring import housekeeping_of
from sightline.pipeline.face_templates import FaceTemplates
from sightline.store import account_tables as who
from sightline.store import coverage, stays, tables, venues
from sightline.store import delivery_tables as sent
from sightline.store.all_tables import ALL_TABLES
from sightline.store.edge_tables import edge_hour, edge_venue, told_hour
from sightline.store.job_tables import video_job
from sightline.store.recount import differences
from sightline.store.review_tables import event_verdict, seen_boxes
from sightline.wiring import Site

SITE, SHOP = Scope.site(), {"venue_id": "shop"}
TILL = SHOP | {"camera_id": "till"}
KEEP = {"recording": 3, "evidence": 10, "identity": 20, "events": 40, "audit": 60}
NOW = datetime.now(UTC)
OVER, KEPT = timedelta(days=1, hours=1), -timedelta(days=1, hours=1)
"""Beyond a limit, and short of it; events go by whole days."""
UNTOUCHED = {
    "account", "account_venue", "api_key", "camera", "camera_lease", "camera_status", "cluster_head",
    "edge_venue", "enrolled_staff", "job_processor", "linked_evidence", "segment_counter", "venue",
}  # fmt: skip
"""Tables whose rows do not age."""


def ago(kind: str, more: timedelta) -> datetime:
    return (NOW - timedelta(days=KEEP[kind]) - more).replace(second=0, microsecond=0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Twins of everything that ages: `old` is due by one day, `new` is not."""
    site = Site(
        Settings.model_validate({"retention_days": KEEP, "recording": {"disk_share": 0.99}}), tmp_path / "d"
    )
    with site.database.transaction() as connection:
        venues.ensure_venue(SITE, connection, "shop", timezone="America/New_York")
        venues.ensure_camera(SITE, connection, "shop", "till", source_label="x")
        for name, more in (("old", OVER), ("new", KEPT)):
            put_found(connection, name, ago("events", more))
            put_faces(connection, name, ago("identity", more))
            put_clip(connection, site, name, ago("evidence", more))
            put_recording(connection, site, name, ago("recording", more))
            put_traces(connection, name, more)
        put_clip(connection, site, "held", ago("events", OVER), held_at=NOW, held_by="x", hold_reason="x")
    yield site
    site.database.close()


def put(connection: Connection, table: Any, **values: Any) -> None:
    connection.execute(insert(table).values(**values))


def put_found(connection: Connection, name: str, at: datetime) -> None:
    """What an analysis finds in an hour, and what becomes of it."""
    put(connection, tables.run, id=name, source_name="x", recorded_at=at, recorded_until=at,
        recorded_at_source="x", started_at=at, finished_at=at, software="x", analysis={}, frames=1,
        analysed_frames=1, warnings=[], visitors={}, **TILL)  # fmt: skip
    put(connection, tables.track, run_id=name, track_id=1, first_at=at, last_at=at, frames=1,
        role="customer", role_confidence=1.0, role_reason="x", **TILL)  # fmt: skip
    put_event(connection, name, at)
    stay = Stay(pseudo_id=f"v-{name}", at=at, zone="door", run_id=name, camera_id="till", posture="upright")
    stays.add_stays(SITE, connection, "shop", [stay])
    coverage.add_coverage(SITE, connection, "shop", "till", {at: 9})
    put(connection, tables.camera_gap, started_at=at, ended_at=at, reason="stalled", detail="", **TILL)
    hour = at.replace(minute=0)
    put(connection, told_hour, hour_at=hour, version=1, content=b"x" * 16, told_at=at, **TILL)
    put(connection, edge_hour, hour_at=hour, version=2, changed_at=at, **TILL)
    put(connection, video_job, id=name, source="upload", video_name="x", state="failed", message="x",
        created_at=at, created_by="x", finished_at=at, file_name="x", **TILL)  # fmt: skip
    put_item(connection, f"of {name}", at, event_id=name)
    put_item(connection, f"report {name}", at)
    put_evidence(connection, f"gone {name}", name, at, state="deleted", sealed_at=at)
    put(connection, sent.released_copy, evidence_id=f"gone {name}", part=0, file_name="x", sha256="x",
        size_bytes=1, derived_from="x", masks=[], created_at=at, **SHOP)  # fmt: skip
    put_link(connection, f"clip {name}", evidence_id=f"gone {name}", created_at=at, expires_at=at)


def put_event(connection: Connection, name: str, at: datetime) -> None:
    put(connection, tables.event, id=name, run_id=name, kind="queue", started_at=at, ended_at=at, score=1.0,
        details={}, state="current", created_at=at, **TILL)  # fmt: skip
    put(connection, tables.event_participant, event_id=name, position=0, track_id=1, role="customer",
        role_confidence=1.0, role_reason="x")  # fmt: skip
    put(connection, event_verdict, event_id=name, verdict="confirmed", reason="", given_by="x", given_at=at,
        **SHOP)  # fmt: skip


def put_evidence(connection: Connection, name: str, event: str, at: datetime, **more: Any) -> None:
    put(connection, tables.evidence, id=name, event_id=event, incident_id=name, reason="x", wanted_from=at,
        wanted_until=at, created_at=at, **TILL, **more)  # fmt: skip


def put_item(connection: Connection, name: str, at: datetime, **more: Any) -> None:
    put(connection, sent.outbox, key=name, channel="webhook", destination="x", chain=name, step=0, payload={},
        state="sent", created_at=at, due_at=at, settled_at=at, **SHOP, **more)  # fmt: skip


def put_link(connection: Connection, name: str, **more: Any) -> None:
    put(connection, sent.private_link, id=name, created_by="x", **SHOP, **more)


def put_faces(connection: Connection, name: str, at: datetime) -> None:
    stay = Stay(pseudo_id=f"known {name}", at=at, zone="door")
    stays.add_stays(SITE, connection, "shop", [stay])
    key = IdentityKey.parse("ab" * 31 + "cd", named="test")
    face = {f"known {name}": Template.begin("net", np.ones(8, np.float32))}
    FaceTemplates(key).put_in(SITE, connection, "shop", face, at=at)


def put_clip(connection: Connection, site: Site, name: str, at: datetime, **more: Any) -> None:
    """A sealed clip, of an event of that time."""
    put_event(connection, f"shown {name}", at)
    put_evidence(connection, name, f"shown {name}", at, state="sealed", sealed_at=at, **more)
    put(connection, tables.evidence_part, evidence_id=name, part=0, file_name=f"{name}.mp4", wanted_from=at,
        wanted_until=at, sha256="x", size_bytes=1, **TILL)  # fmt: skip
    put_file(site.segments_dir / "shop" / "till" / f"{name}.mp4")


def put_recording(connection: Connection, site: Site, name: str, at: datetime) -> None:
    path = f"shop/till/{name}.mp4"
    put(connection, tables.recording_segment, path=path, started_at=at, ended_at=at, zero_at=at, codec="h264",
        frames=1, size_bytes=1, **TILL)  # fmt: skip
    put(connection, seen_boxes, begins_at=at, ends_at=at, run_id=name, width=1, height=1, packed=b"x", **TILL)
    put_file(site.recordings_dir / path)


def put_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")


def put_traces(connection: Connection, name: str, more: timedelta) -> None:
    """Who came in and did something; what others sent; who watched."""
    put(connection, who.account, id=name, name=name, role="viewer", password_hash="x", created_at=NOW,
        password_changed_at=NOW)  # fmt: skip
    expires = NOW - more
    put(connection, who.sign_in, token_sha256=hashlib.sha256(name.encode()).hexdigest(), account_id=name,
        created_at=NOW, last_seen_at=NOW, expires_at=expires)  # fmt: skip
    put(connection, who.audit_entry, at=ago("audit", more), actor="x", action="x", subject=name, facts={})
    for video, deleted_at in ((f"shown {name}", None), (f"deleted {name}", ago("events", more))):
        number = str(uuid5(NAMESPACE_DNS, video))
        put(connection, sent.hosted_video, id=number, file_name=video, sha256="x", size_bytes=1, facts={},
            received_at=NOW, deleted_at=deleted_at, **SHOP)  # fmt: skip
        put_link(connection, f"to {video}", hosted_video_id=number, created_at=NOW, expires_at=expires)
    put(connection, sent.link_view, link_id=f"to shown {name}", hour_at=NOW.replace(minute=0) + KEPT,
        views=3, last_at=NOW, entered_at=NOW if name == "new" else None, **SHOP)  # fmt: skip


def test_what_is_due_goes_and_nothing_else_changes(site: Site) -> None:
    with site.database.transaction() as connection:
        put(connection, edge_venue, centre="x", since=NOW, **SHOP)
    before = all_rows(site.database)
    housekeeping = housekeeping_of(site, lambda: None)

    housekeeping.round()

    after = all_rows(site.database)
    assert changes(before, after) == {
        # recording: 3 days
        "recording_segment": (["shop/till/old.mp4"], []),
        "seen_boxes": (["old"], []),
        # evidence: 10 days from sealing; `held` is older by far. Its row tells that it went.
        "evidence": (["gone old/deleted", "old/sealed"], ["old/deleted"]),
        # identity: 20 days from the last visit, which stays
        "face_template": (["known old"], []),
        # events: 40 days
        "run": (["old"], []),
        "track": (["old"], []),
        "event": (["old"], []),
        "event_participant": (["old"], []),
        "event_verdict": (["old"], []),
        "visitor": (["v-old"], []),
        "stay": (["old"], []),
        "visit": (["1"], []),
        "visitor_day": (["1"], []),
        "hour_rollup": (["1"], []),
        "label_rollup": (["1"], []),
        "coverage": (["1"], []),
        "coverage_hour": (["1"], []),
        "camera_gap": (["1"], []),
        "told_hour": (["1"], []),
        "edge_hour": (["1"], ["1"]),  # that of the old clip: the centre hears that it went
        "video_job": (["old"], []),
        "outbox": (["of old", "report old"], []),
        "released_copy": (["gone old"], []),
        # a link goes with what it showed, and its views with it
        "private_link": (["clip old", "to deleted old"], []),
        "hosted_video": (["deleted old/gone", "shown old/here"], ["shown old/gone"]),
        "link_view": (["to shown old/waits"], ["to shown old/entered"]),
        # audit: 60 days; sessions by their own end
        "audit_entry": (["old"], []),
        "sign_in": (["1"], []),
        # what happened is told, for ever
        "ledger_entry": ([], ["expired", "expired", "viewed"]),
    }
    aged = {table.name for table in ALL_TABLES} - UNTOUCHED
    empty = {"alert", "audited_stretch", "ledger_entry", "ledger_seal"}
    assert {name for name in aged if not before[name]} == empty, "a new table: does it age?"
    assert {path.name for path in site.segments_dir.rglob("*.mp4")} == {"new.mp4", "held.mp4"}
    assert [path.name for path in site.recordings_dir.rglob("*.mp4")] == ["new.mp4"]
    with site.database.reading() as connection:
        assert differences(SITE, connection, "shop") == []

    housekeeping_of(site, lambda: None).round()
    again = changes(after, all_rows(site.database))
    assert again.keys() <= {"ledger_entry", "ledger_seal"}, "once is enough; the ledger is sealed meanwhile"


Rows = dict[str, list[dict[str, Any]]]


def changes(before: Rows, after: Rows) -> dict[str, tuple[list[str], list[str]]]:
    """By table: rows that are no more, and rows that were not. A changed row is both."""
    found = {}
    for name, rows in before.items():
        gone = sorted(named(name, row) for row in rows if row not in after[name])
        came = sorted(named(name, row) for row in after[name] if row not in rows)
        if gone or came:
            found[name] = (gone, came)
    return found


def named(table: str, row: dict[str, Any]) -> str:
    match table:
        case "evidence":
            return f"{row['id']}/{row['state']}"
        case "hosted_video":
            return f"{row['file_name']}/{'here' if row['deleted_at'] is None else 'gone'}"
        case "link_view":
            return f"{row['link_id']}/{'waits' if row['entered_at'] is None else 'entered'}"
        case "ledger_entry":
            return str(row["action"])
        case "stay":
            return str(row["run_id"])
    telling = ("path", "pseudo_id", "run_id", "key", "subject", "id", "evidence_id", "event_id")
    return next((row[name] for name in telling if isinstance(row.get(name), str)), "1")
