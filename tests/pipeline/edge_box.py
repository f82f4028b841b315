"""A shop's box with clocks that are set by hand, and a centre that keeps what it is told."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sightline.delivery.centre import CentreAnswer
from sightline.domain.edge import Exchange, Telling
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.pipeline.edge_forwarder import EdgeForwarder
from sightline.store import coverage, edge_hours, events, stays
from sightline.store.database import Database
from sightline.store.edge_hours import ToldCentre

SITE = Scope.site()
OPENING = datetime(2026, 3, 2, 9, tzinfo=UTC)
TILL = {"venue_id": "shop", "camera_id": "till"}


@dataclass
class Centre:
    """Stands in for the wire only: keeps what it is told, and answers as it is set."""

    told: list[tuple[str, str, str, int]] = field(default_factory=list)
    trouble: Callable[[Mapping[str, Any]], None] = lambda _: None
    status: Telling = Telling.STORED
    version: int | None = None
    skew: timedelta = timedelta()
    timezone: str = "Europe/Paris"

    def tell(self, document: Mapping[str, Any]) -> CentreAnswer:
        self.trouble(document)
        venue, camera, hour, version = (
            document[name] for name in ("venue_id", "camera_id", "hour", "version")
        )
        self.told.append((venue, camera, hour, version))
        exchange = Exchange(OPENING, OPENING, OPENING + self.skew)
        return CentreAnswer(
            status=self.status, version=self.version or version, timezone=self.timezone, exchange=exchange
        )

    def hours(self) -> list[tuple[str, str, str]]:
        return [one[:3] for one in self.told]


@dataclass
class Box:
    """The database of a shop, and clocks that are set by hand."""

    database: Database
    now: datetime = OPENING + timedelta(days=1)
    running: float = 0.0

    def forwarder(self, centre: Any, **more: Any) -> EdgeForwarder:
        given = {"address": "https://centre", "every": timedelta(minutes=1)} | more
        return EdgeForwarder(
            self.database, centre, clock=lambda: self.now, monotonic=lambda: self.running, **given
        )

    def see(self, minutes: float, *, camera: str = "till", person: str = "ann", venue: str = "shop") -> None:
        at = OPENING + timedelta(minutes=minutes)
        one = Stay(
            pseudo_id=person, at=at, zone="door", dwell=timedelta(seconds=70.123), camera_id=camera,
            engagement_score=61.5, detection_conf=0.7123456789, track_frames=9, lasting=False,
        )  # fmt: skip
        with self.database.transaction() as connection:
            stays.add_stays(SITE, connection, venue, [one])

    def serve(self, minutes: float, **details: Any) -> str:
        at = OPENING + timedelta(minutes=minutes)
        happened = ServiceEvent(
            kind=EventKind.INTERACTION, started_at=at, ended_at=at + timedelta(seconds=40), score=0.75,
            participants=(Participant(1, Role.STAFF, 0.9, "x"), Participant(2, Role.CUSTOMER, 0.8, "y")),
            details={"mean_distance": 0.8} | details,
        )  # fmt: skip
        with self.database.transaction() as connection:
            return events.add_event(SITE, connection, **TILL, happened=happened).id

    def look(self, first: int, last: int) -> None:
        minutes = {OPENING + timedelta(minutes=minute): 60 + minute for minute in range(first, last)}
        with self.database.transaction() as connection:
            coverage.add_coverage(SITE, connection, "shop", "till", minutes)

    def standing(self) -> ToldCentre:
        with self.database.reading() as connection:
            return edge_hours.told_centre(SITE, connection)[0]
