"""A shop in which everything that somebody typed, or a far end told, would like to be more than text."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clip_platform import ClipPlatform
from evidence_site import CAMERA, VENUE, at
from filled_shop import DAYS, LAST, SHELVES, minutes_of, standing_left, stays_of, zone
from people_and_keys import CLOSED, Asker, with_account
from sqlalchemy import insert, update

from sightline.domain.account import Role
from sightline.domain.scope import Scope
from sightline.domain.seen_boxes import BoxCollector
from sightline.domain.track import TrackedBox, TrackedFrame
from sightline.store import tables
from sightline.store.alerts import raise_alert
from sightline.store.coverage import add_coverage
from sightline.store.delivery_tables import outbox
from sightline.store.jobs import StoredJob, add_job
from sightline.store.seen_boxes import add_boxes
from sightline.store.stays import add_stays
from sightline.store.venues import describe_venue, ensure_venue

SITE = Scope.site()
TRAP, SHORT = "\"'><img src=x onerror=alert(1)>{{7*7}}", "\"'><svg onload=alert(1)>"
ADDRESS = "javascript:alert(1)//"
TURNED = "\u202e"
"""Turns round what follows it. Names of people cannot hold it."""
SHOWN_TEXTS = {
    "name", "address", "city", "country", "zone", "behavior_type", "posture", "reason", "role_reason",
    "details", "url", "",
}  # fmt: skip
"""Fields of the API in which pages show what they were sent; the last are addresses in a list."""
UNSHOWN_TEXTS = {
    "pseudo_id", "event_id", "note", "venue_type", "venue_name", "video_id", "recorded_at", "sent_at",
    "timezone", "password", "old", "new",
}  # fmt: skip
PEOPLE = {"viewer": Role.VIEWER, "manager": Role.MANAGER, "administrator": Role.ADMINISTRATOR}
DOOR = "door"


@dataclass
class HostileShop:
    """The site; `traps` holds the texts by what they are the text of, `ids` what addresses name."""

    site: ClipPlatform
    traps: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=lambda: {"venue_id": VENUE, "camera_id": CAMERA})

    def trap(self, of: str, text: str = TURNED + TRAP) -> str:
        """A text that is told apart from the others."""
        return self.traps.setdefault(of, f"{text}{10 + len(self.traps)}")

    def signed_in(self, role: str) -> Asker:
        return Asker(self.site).signed_in(self.traps[role])


@contextmanager
def hostile_shop(sealed_shop: Path, to: Path) -> Iterator[HostileShop]:
    """A copy of the shop with sealed clips, filled, closed to strangers, that answers."""
    site = ClipPlatform.copied(sealed_shop, to, CLOSED)
    shop = HostileShop(site)
    for name, role in PEOPLE.items():
        with_account(site, shop.trap(name, TRAP), role, *([VENUE] if role is not Role.ADMINISTRATOR else []))
    _fill(shop)
    _tell(shop)
    with site.answering():
        _type(shop)
        yield shop
    site.close()


def _fill(shop: HostileShop) -> None:
    """What figures are made of."""
    where = {"venue_id": VENUE, "camera_id": CAMERA, "run_id": "run-1"}
    collector, boxes = BoxCollector(), []
    for number in range(20):
        person = TrackedBox(1, (10, 10, 60, 90), 0.9)
        boxes += collector.see(
            TrackedFrame(captured_at=at(10 + number / 10), width=160, height=96, people=(person,))
        )
    with shop.site.database.transaction() as connection:
        for before in range(DAYS):
            day = LAST - timedelta(days=before)
            add_stays(SITE, connection, VENUE, list(stays_of(day)))
            add_coverage(SITE, connection, VENUE, CAMERA, dict.fromkeys(minutes_of(day), 300))
        add_boxes(SITE, connection, **where, stretches=[standing_left(), *boxes, *collector.finish()])


def _tell(shop: HostileShop) -> None:
    """What no route takes: names of the site file, what far ends answered, what files are called."""
    evidence = shop.site.evidence()
    shop.ids["event_id"] = str(evidence.event_id)
    now = datetime.now(UTC)
    job: dict[str, Any] = {"venue_id": VENUE, "camera_id": CAMERA, "state": "failed", "created_at": now}
    job |= {"created_by": "local", "video_name": shop.trap("file"), "message": shop.trap("message")}
    with shop.site.database.transaction() as connection:
        ensure_venue(SITE, connection, VENUE, name=shop.trap("venue"))
        describe_venue(SITE, connection, VENUE, {"latitude": 45.764, "longitude": 4.8357})
        add_job(SITE, connection, StoredJob(id="job-1", source="url", url=shop.trap("url", ADDRESS), **job))
        raise_alert(
            SITE, connection, venue_id=VENUE, alert_type="camera_lost", severity="warning",
            title=shop.trap("alert"), message=shop.trap("alert message"), at=now,
        )  # fmt: skip
        connection.execute(
            update(tables.camera).values(name=shop.trap("camera"), source_label=shop.trap("file of a camera"))
        )
        connection.execute(update(tables.event_participant).values(role_reason=shop.trap("role reason")))
        connection.execute(
            update(tables.event).values(details={shop.trap("detail's name"): shop.trap("detail")})
        )
        sent = {"key": "k", "chain": "c", "step": 0, "payload": {}, "state": "sent", "created_at": now}
        sent |= {"due_at": now, "venue_id": VENUE, "event_id": evidence.event_id, "evidence_id": evidence.id}
        told = {"verdict": "incident", "analysis": shop.trap("analysis")}
        connection.execute(
            insert(outbox).values(**sent, channel="analyzer", destination=shop.trap("receiver"), answer=told)
        )


def _type(shop: HostileShop) -> None:
    """What people and programs send."""
    trap, (manager, administrator) = shop.trap, map(shop.signed_in, ("manager", "administrator"))
    evidence, last = shop.site.evidence(), datetime(LAST.year, LAST.month, LAST.day, 8, tzinfo=UTC)
    drawn = [zone(SHELVES, 0.1, 0.1), zone("till", 0.6, 0.1), zone(trap("zone"), 0.1, 0.6)]
    span = {"venue_id": VENUE, "camera_id": CAMERA, "from": at(5).isoformat(), "to": at(9).isoformat()}
    stay = {"pseudo_id": TRAP, "timestamp": last.isoformat(), "zone": shop.traps["zone"]}
    stay |= {"camera_id": CAMERA, "dwell_seconds": 60, "engagement_score": 50, "age_bracket": "\"'><script"}
    stay |= {"behavior_type": trap("behavior", SHORT), "posture": trap("posture", SHORT)}
    place = {"latitude": 45.7, "longitude": 4.8, "address": trap("street"), "city": trap("city", SHORT)}
    place |= {"country": trap("country", SHORT), "venue_type": TRAP}
    source = f"rtsp://127.0.0.1:9/{trap('source', SHORT.replace(' ', '/'))}"
    camera = {"venue_id": VENUE, "id": DOOR, "source": source, "name": trap("typed camera"), "enabled": False}
    sent: list[tuple[Asker, str, str, Mapping[str, Any]]] = [
        (administrator, "POST", "/venues", {"id": "other", "name": trap("other venue"), **place}),
        (administrator, "POST", "/api/keys", {"venue_id": VENUE, "name": trap("key", TRAP)}),
        (administrator, "POST", "/api/cameras", camera),
        (manager, "PUT", f"/venues/{VENUE}/zones?camera_id={CAMERA}", {"zones": drawn}),
        (manager, "POST", "/events", {"venue_id": VENUE, "events": [stay]}),
        (manager, "POST", f"/api/events/{shop.ids['event_id']}/verdict",
         {"verdict": "dismissed", "reason": trap("verdict")}),
        (manager, "POST", f"/api/evidence/{evidence.id}/hold", {"reason": trap("hold")}),
        (manager, "POST", "/api/audits", {**span, "rule": "queue", "truth": 1, "matched": 0, "note": TRAP}),
        (manager, "POST", "/api/evidence/cut", {**span, "reason": trap("cut")}),
        (manager, "POST", f"/api/evidence/{evidence.id}/links", {"hours": 48}),
    ]  # fmt: skip
    for who, method, path, body in sent:
        answer = who.ask(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.text}"
        told = answer.json()
        shop.ids |= {name: told[name] for name in ("evidence_id", "private_link") if name in told}
