"""Made people for tests that know them again: faces as vectors, tracks with them, and who was entered."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, select

from sightline.config.identity_key import IdentityKey
from sightline.domain.detection import FloatArray
from sightline.domain.event import Role
from sightline.domain.role import RoleDecision
from sightline.domain.scope import Scope
from sightline.domain.templates import Template
from sightline.domain.track_looks import TrackLooks
from sightline.domain.visitors import TrackSpan
from sightline.domain.zone_stays import TrackZones, ZoneStay
from sightline.pipeline.face_templates import FaceTemplates
from sightline.pipeline.recognition import FaceRecognition
from sightline.pipeline.visitor_book import VisitorBook
from sightline.pipeline.visitor_stays import SeenTrack, VisitorName
from sightline.store.database import Database
from sightline.store.face_templates import forget_templates
from sightline.store.stays import erase_visitor
from sightline.store.venues import ensure_venue
from sightline.store.visitor_tables import visitor

SHOP = Scope.of("shop")
MORNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
KEY = IdentityKey.parse("11" * 31 + "12", named="test")
THRESHOLD = 0.68
BOX = (100.0, 100.0, 140.0, 200.0)

_BASES = np.linalg.qr(np.random.default_rng(7).normal(size=(512, 24)))[0].T
"""People who do not resemble each other at all."""


def at(seconds: float) -> datetime:
    return MORNING + timedelta(seconds=seconds)


def face(person: float, take: int = 0, *, model: str = "net") -> Template:
    """One face; two takes of one person have a cosine of about 0.8; 1.5 is as like 1 as 2, by 0.56."""
    low, share = int(person), person % 1
    base = (1 - share) * _BASES[low] + share * _BASES[low + 1]
    noise = np.random.default_rng([take, int(10 * person)]).normal(size=512)
    vector = np.sqrt(0.8) * base / np.linalg.norm(base) + np.sqrt(0.2) * noise / np.linalg.norm(noise)
    return Template.begin(model, vector.astype(np.float32))


def cosine(one: FloatArray, other: FloatArray) -> float:
    one, other = one.astype(np.float64), other.astype(np.float64)
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def track(
    number: int,
    looks: Template | None,
    begin: float,
    end: float,
    *,
    role: Role = Role.CUSTOMER,
    age: str | None = None,
    zones: Sequence[str] = ("till",),
) -> SeenTrack:
    """Somebody who was there from `begin` to `end`, seconds of the morning."""
    return SeenTrack(
        span=TrackSpan(
            track_id=number,
            role=role,
            started_at=at(begin),
            ended_at=at(end),
            first_box=BOX,
            last_box=BOX,
            width=640,
            height=480,
        ),
        role=RoleDecision(role, 0.9, "made"),
        frames=10,
        zones=TrackZones(tuple(ZoneStay(zone, at(begin), at(end)) for zone in zones), 0.9),
        looks=TrackLooks(template=looks, age_bracket=age),
    )


def book(key: IdentityKey = KEY, thresholds: Mapping[str, float] | None = None) -> VisitorBook:
    """As a process of its own has it."""
    known = {"net": THRESHOLD, "other net": THRESHOLD} if thresholds is None else thresholds
    return VisitorBook(recognition=FaceRecognition(FaceTemplates(key), known))


def enter(
    database: Database,
    into: VisitorBook,
    tracks: Sequence[SeenTrack],
    *,
    run: str = "run",
    venue: str = "shop",
    fails: bool = False,
) -> Mapping[int, VisitorName]:
    """In a transaction of their own; `fails`: which is rolled back in the end."""
    here = Scope.of(venue)
    with database.transaction() as connection:
        ensure_venue(here, connection, venue)
        names = into.enter(here, connection, tracks, venue_id=venue, camera_id="till", run_id=run, zone=UTC)
        if fails:
            roll_back(connection)
    return names


def roll_back(connection: Connection) -> None:
    """End its transaction as if it had failed."""
    transaction = connection.get_transaction()
    assert transaction is not None
    transaction.rollback()


def templates(database: Database, venue: str = "shop", model: str = "net") -> dict[str, Template]:
    with database.reading() as connection:
        return dict(FaceTemplates(KEY).read_in(Scope.of(venue), connection, venue, model=model))


def lasting(database: Database, venue: str = "shop") -> set[str]:
    """The pseudonyms of those who may be known again."""
    with database.reading() as connection:
        query = select(visitor.c.pseudo_id).where(visitor.c.venue_id == venue, visitor.c.lasting)
        return set(connection.execute(query).scalars())


def erase(database: Database, pseudo_id: str) -> None:
    """As `evidence.erasure` does it."""
    with database.transaction() as connection:
        assert forget_templates(SHOP, connection, "shop", pseudo_id) == 1
        assert erase_visitor(SHOP, connection, "shop", pseudo_id)
