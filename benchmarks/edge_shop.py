"""A shop whose box writes down a week in a minute: stays, events, coverage, and corrections of them."""

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.coverage import count_coverage
from sightline.store.database import Database
from sightline.store.events import add_event
from sightline.store.links import link_evidence
from sightline.store.live import add_tracks, begin_run
from sightline.store.replacement import replace_events
from sightline.store.runs import StoredRun, StoredTrack
from sightline.store.stays import add_stays, erase_visitor, remove_stays
from sightline.store.venues import ensure_camera, ensure_venue

VENUE = "shop_1"
CAMERAS = ("door", "floor", "till")
ZONES = ("entrance", "shelves", "till")
ZONE = ZoneInfo("Europe/Paris")
MONDAY = datetime(2026, 10, 19, tzinfo=ZONE).astimezone(UTC)
"""Of the week whose Sunday has 25 hours."""
OPEN = range(8, 20)
QUARTER = timedelta(minutes=15)
SITE = Scope.site()
LABELS = (None, "20-29", "30-39", "60+")
BEHAVIOURS = (None, "browsing", "engaged")


@dataclass
class Shop:
    """Writes quarter after quarter into the database of its box, each camera in transactions of its own.

    Now and then something is taken back: an hour is analysed again, a person is erased, a clip is linked,
    stays come hours late, or are told by a program that knows no camera.
    """

    database: Database
    chance: random.Random
    wrote: Counter[str] = field(default_factory=Counter)
    _running: dict[str, dict[int, datetime]] = field(default_factory=dict)

    def open(self) -> None:
        with self.database.transaction() as connection:
            ensure_venue(SITE, connection, VENUE, timezone="Europe/Paris")
            for camera in CAMERAS:
                ensure_camera(SITE, connection, VENUE, camera, source_label="simulated")

    def live(self, days: int, seconds: float) -> Iterator[datetime]:
        """Write `days` in about `seconds`; gives the time it is in the shop, after each quarter."""
        quarters = days * 96
        began = time.monotonic()
        for number in range(quarters):
            at = MONDAY + number * QUARTER
            if at.astimezone(ZONE).hour in OPEN:
                for camera in CAMERAS:
                    self._watch(camera, at)
            yield at
            ahead = began + seconds * (number + 1) / quarters - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)

    def _watch(self, camera: str, at: datetime) -> None:
        dice = self.chance
        looked = dice.sample(range(15), dice.choice([15, 15, 15, 9]))
        with self.database.transaction() as connection:
            run = f"{camera}{at:%d}"
            self._follow(connection, camera, run, at)
            count_coverage(
                SITE,
                connection,
                VENUE,
                camera,
                {at + timedelta(minutes=minute): dice.randint(1, 240) for minute in looked},
            )
            self._add(connection, self._stays(camera, run, at, dice.randint(0, 6)))
            if dice.random() < 0.4:
                one = add_event(
                    SITE,
                    connection,
                    venue_id=VENUE,
                    camera_id=camera,
                    happened=self._event(at, dice.randint(1, 12)),
                    run_id=run,
                )
                self.wrote["events"] += 1
                over = at + timedelta(minutes=self.chance.choice([15, 45]))
                self._running[run] |= {who.track_id: over for who in one.participants}
                if dice.random() < 0.5:
                    video = {"segment_filename": f"{one.id}.mp4", "video_url": f"https://far/{one.id}.mp4"}
                    link_evidence(SITE, connection, one.id, video)
        if dice.random() < 0.06:
            self._change_something(camera, at)

    def _follow(self, connection: Connection, camera: str, run: str, at: datetime) -> None:
        """One run for each camera and day; tracks are stored when they are over, after their events."""
        day = at.replace(hour=0, minute=0)
        here = {"venue_id": VENUE, "camera_id": camera}
        if run not in self._running:
            begin_run(SITE, connection, _run(run, day, **here))
        for track_id in [one for one, until in self._running.get(run, {}).items() if until <= at]:
            until = self._running[run].pop(track_id)
            track = StoredTrack(
                track_id=track_id,
                first_at=max(day, until - timedelta(hours=1)),
                last_at=until,
                frames=100,
                role=Role.STAFF if track_id <= 1_000 else Role.CUSTOMER,
                role_confidence=0.9,
                role_reason="where they were",
            )
            add_tracks(SITE, connection, run, [track])
        self._running.setdefault(run, {})

    def _change_something(self, camera: str, at: datetime) -> None:
        dice = self.chance
        what = dice.choice(["again", "late", "bare", "erase"])
        self.wrote[what] += 1
        earlier = at - timedelta(hours=dice.randint(1, 9))
        span = (earlier, earlier + timedelta(hours=1))
        here = {"venue_id": VENUE, "camera_id": camera}
        with self.database.transaction() as connection:
            if what == "again":
                run = f"again{camera}{at:%d%H%M}"
                remove_stays(SITE, connection, **here, start=span[0], end=span[1])
                self._add(connection, self._stays(camera, run, earlier, 5))
                found = [self._event(earlier + timedelta(minutes=5 * n), 900 + n) for n in range(2)]
                replace_events(SITE, connection, **here, run_id=run, span=span, events=found)
            elif what == "late":
                self._add(connection, self._stays(camera, f"late{camera}{at:%d%H%M}", earlier, 3))
            elif what == "bare":
                told = [replace(one, camera_id="", run_id=None) for one in self._stays(camera, "bare", at, 3)]
                self._add(connection, [replace(one, event_id=None, lasting=True) for one in told])
            else:
                erase_visitor(SITE, connection, VENUE, self._person())

    def _add(self, connection: Connection, stays: Sequence[Stay]) -> None:
        self.wrote["stays"] += add_stays(SITE, connection, VENUE, stays).inserted

    def _person(self) -> str:
        return f"person-{self.chance.randint(1, 300)}"

    def _stays(self, camera: str, run: str, at: datetime, number: int) -> list[Stay]:
        dice = self.chance
        return [
            Stay(
                pseudo_id=self._person(),
                at=at + timedelta(microseconds=dice.randrange(QUARTER // timedelta(microseconds=1))),
                zone=dice.choice(ZONES),
                dwell=timedelta(milliseconds=dice.randint(0, 600_000)),
                event_id=f"{run}:{dice.getrandbits(48)}",
                camera_id=camera,
                run_id=run,
                track_id=dice.randint(0, 999),
                age_bracket=dice.choice(LABELS),
                gender=dice.choice([None, "F", "M"]),
                is_repeat=dice.random() < 0.1,
                track_frames=dice.randint(1, 900),
                detection_conf=dice.random(),
                engagement_score=dice.choice([None, round(100 * dice.random(), 3)]),
                behavior_type=dice.choice(BEHAVIOURS),
                body_orientation=dice.choice([None, dice.uniform(-1, 1)]),
                posture=dice.choice([None, "upright"]),
                lasting=dice.random() < 0.7,
            )
            for _ in range(number)
        ]

    def _event(self, at: datetime, track: int) -> ServiceEvent:
        dice = self.chance
        kind = dice.choice([EventKind.INTERACTION, EventKind.UNATTENDED, EventKind.QUEUE])
        start = at + timedelta(seconds=dice.randint(0, 800))
        return ServiceEvent(
            kind=kind,
            started_at=start,
            ended_at=start + timedelta(seconds=dice.randint(5, 300)),
            confirmed_at=start + timedelta(seconds=5) if kind is EventKind.UNATTENDED else None,
            participants=(
                Participant(track, Role.STAFF, 0.9, "behind the counter"),
                Participant(track + 1_000, Role.CUSTOMER, 0.8, "in front of it"),
            ),
            score=round(dice.random(), 6),
            details={"mean_distance": round(dice.random(), 3)},
        )


def _run(run_id: str, day: datetime, **here: str) -> StoredRun:
    return StoredRun(
        id=run_id,
        **here,
        source_name="simulated",
        source_sha256=None,
        recorded_at=day,
        recorded_until=day,
        recorded_at_source="simulated",
        started_at=day,
        finished_at=None,
        software="simulated",
        analysis={},
        frames=0,
        analysed_frames=0,
        warnings=(),
        visitors={},
        kind="live",
    )
