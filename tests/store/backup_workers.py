"""What other processes do while a backup is taken: they write, or are killed in the middle of it."""

import os
import random
import resource
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import DiskFull
from sightline.evidence.keys import Signer
from sightline.evidence.ledger import seal_ledger
from sightline.pipeline import backup
from sightline.store import claims, coverage, events, ledger, stays
from sightline.store.clips import ClipRule
from sightline.store.database import open_database

SITE = Scope.site()
OPENING = datetime(2026, 3, 27, 22, 0, tzinfo=UTC)
"""Two nights later a clock is set forward in Paris."""


def some_stays(chance: random.Random, count: int) -> list[Stay]:
    """People who come and go over four days, told late and twice now and then."""
    return [
        Stay(
            pseudo_id=f"p{chance.randrange(40)}",
            at=OPENING + timedelta(minutes=chance.randrange(5760)),
            zone=chance.choice(["front", "till", "Käse"]),
            dwell=timedelta(milliseconds=chance.randrange(600_000)),
            event_id=f"e{chance.randrange(3000)}",
            engagement_score=chance.choice([None, 12.5, 81.25]),
            posture=chance.choice([None, "upright"]),
        )
        for _ in range(count)
    ]


def an_event(number: int) -> ServiceEvent:
    start = OPENING + timedelta(seconds=60 * number)
    return ServiceEvent(
        kind=EventKind.INTERACTION,
        started_at=start,
        ended_at=start + timedelta(seconds=30),
        participants=(Participant(1, Role.STAFF, 0.9, "line"), Participant(2, Role.CUSTOMER, 0.8, "line")),
        score=0.5,
        details={"place": number},
    )


def write_until_stopped(url: str, venue_id: str, stop: Path) -> None:
    """Stays, events with their wanted evidence, coverage, and a ledger that is sealed, again and again."""
    chance, signer, number = random.Random(venue_id), Signer.generate(), 0
    with open_database(url) as database:
        while not stop.exists():
            number += 1
            with database.transaction() as connection:
                stays.add_stays(SITE, connection, venue_id, some_stays(chance, 20))
                coverage.count_coverage(SITE, connection, venue_id, "till", {OPENING: 1})
            with database.transaction() as connection:
                stored = events.add_event(
                    SITE, connection, venue_id=venue_id, camera_id="till", happened=an_event(number)
                )
                claims.want_evidence(
                    SITE,
                    connection,
                    stored,
                    rule=ClipRule(),
                    footage=(OPENING - timedelta(hours=1), OPENING + timedelta(days=30)),
                )
                ledger.add_entry(
                    SITE, connection, venue_id=venue_id, action="told", subject_kind="event",
                    subject_id=stored.id, actor="test", facts={"number": number},
                )  # fmt: skip
            seal_ledger(database, SITE, venue_id, signer, datetime.now(UTC))


def die_in_the_backup(url: str, path: Path, before: str) -> None:
    """Begin a backup to `path` and be killed before the step of that name."""
    setattr(backup, before, _die)
    with open_database(url) as database:
        backup.write_backup(database, path, clock=lambda: OPENING)


def die_in_the_restoring(url: str, path: Path, after_batches: int) -> None:
    """Begin to put a backup in the place of what the database holds, and be killed half way."""
    real, left = backup.put_batch, [after_batches]

    def puts(*arguments: Any) -> None:
        real(*arguments)
        left[0] -= 1
        if left[0] == 0:
            _die()

    backup.put_batch = puts
    backup.restore_backup(url, path, replace=True)


def back_up_into_little_room(url: str, path: Path, limit_bytes: int) -> None:
    """Fails unless that is reported as a full disk."""
    with open_database(url) as database:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
        try:
            backup.write_backup(database, path, clock=lambda: OPENING)
        except DiskFull:
            return
    raise AssertionError("the disk was not full")


def _die(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
