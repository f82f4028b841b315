"""`MetricsCollector`: the door for programs that measure by themselves and want our database and file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from operator import index
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from sightline.analytics.durations import Clock, wall_clock
from sightline.analytics.metrics_file import daily_summary, write_metrics_file
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.store import events, links, venues
from sightline.store.database import Database, open_database, sqlite_url

Moment = datetime | float
"""An aware datetime, a naive one on the venue's clocks, or seconds since 1970-01-01 UTC."""

TOLD = "told by another program"
DATABASE_NAME = "sightline.db"


class MetricsCollector:
    """Stores events the moment they are told, and writes `analytics_metrics.json` from what is stored.

    An event told twice (same kind, people and start) is one event. Safe to share between threads; several
    processes may write to one database.

    Linking video: `event_id` decides when it is given. Without it, track ids have to do, and those start anew
    with every recording. So only events that this very collector was told of, and that have no video yet, are
    looked at, and a link is made only when exactly one fits. Two that fit: nothing is linked.
    """

    def __init__(
        self,
        metrics_file: str | Path,
        *,
        database: Database | str | Path | None = None,
        venue_id: str = "default",
        camera_id: str = "default",
        timezone: str | None = None,
        clock: Clock = wall_clock,
    ) -> None:
        """
        Args:
            metrics_file: where `save_metrics` writes.
            database: an open one, an address (`sqlite:///...`), the path of an SQLite file, or None for
                `sightline.db` beside `metrics_file`. An open one is not closed by `close`.
            timezone: IANA name; None keeps that of the venue (UTC for a new one).
            clock: gives the time of storing and saving.

        Raises:
            StoreError, ConfigError, DiskFull: see `open_database`; also an unknown time zone or a bad id.
        """
        self.metrics_file = Path(metrics_file)
        self.venue_id, self.camera_id = venue_id, camera_id
        self._clock = clock
        self._scope = Scope.of(venue_id)
        self._owned = None if isinstance(database, Database) else _open(database, self.metrics_file)
        self._database = database if isinstance(database, Database) else self._owned
        self._without_video: dict[tuple[EventKind, int | None, int], dict[str, None]] = {}
        self._lock = Lock()
        with self.database.transaction() as connection:
            venue = venues.ensure_venue(self._scope, connection, venue_id, timezone=timezone, at=clock())
            cameras = venues.list_cameras(self._scope, connection, venue_id)
            if camera_id not in {camera.id for camera in cameras}:
                venues.ensure_camera(
                    self._scope, connection, venue_id, camera_id, source_label=TOLD, at=clock()
                )
        self.zone = ZoneInfo(venue.timezone)

    @property
    def database(self) -> Database:
        assert self._database is not None
        return self._database

    def add_interaction_time(
        self,
        staff_id: int,
        customer_id: int,
        interaction_start: Moment,
        interaction_end: Moment,
        video_evidence: Mapping[str, Any] | None = None,
    ) -> str:
        """Store an interaction of a member of staff with a customer, both by track id; its event id.

        Raises:
            ValueError: an end before the start, a time that is none, an id that is no whole number.
            StoreError, DiskFull: nothing was stored.
        """
        return self._add(
            EventKind.INTERACTION, staff_id, customer_id, interaction_start, interaction_end, video_evidence
        )

    def add_unattended_time(
        self,
        customer_id: int,
        unattended_start: Moment,
        unattended_end: Moment,
        video_evidence: Mapping[str, Any] | None = None,
    ) -> str:
        """Store the wait of a customer whom nobody attended, from when they were first alone; its event id.

        Raises: as `add_interaction_time`.
        """
        return self._add(
            EventKind.UNATTENDED, None, customer_id, unattended_start, unattended_end, video_evidence
        )

    def add_queue_time(
        self,
        customer_id: int,
        queue_start: Moment,
        queue_end: Moment,
        video_evidence: Mapping[str, Any] | None = None,
    ) -> str:
        """Store how long a customer stood in a queue; its event id.

        Raises: as `add_interaction_time`.
        """
        return self._add(EventKind.QUEUE, None, customer_id, queue_start, queue_end, video_evidence)

    def link_video_evidence_to_interaction(
        self,
        staff_id: int | None,
        customer_id: int | None,
        video_evidence: Mapping[str, Any],
        *,
        event_id: str | None = None,
    ) -> bool:
        """Link video to an interaction. False when no event, or more than one, can be meant (see the class).

        Raises:
            ValueError: an id that is no whole number.
            StoreError, DiskFull: nothing was linked.
        """
        people = (_track_id(staff_id), _track_id(customer_id)) if event_id is None else None
        return self._link(EventKind.INTERACTION, people, video_evidence, event_id)

    def link_video_evidence_to_unattended(
        self, customer_id: int | None, video_evidence: Mapping[str, Any], *, event_id: str | None = None
    ) -> bool:
        """Link video to an unattended wait. As `link_video_evidence_to_interaction`."""
        people = (None, _track_id(customer_id)) if event_id is None else None
        return self._link(EventKind.UNATTENDED, people, video_evidence, event_id)

    def update_daily_summary(self) -> dict[str, Any]:
        """The `daily_summary` of the file, computed now from what is stored."""
        with self.database.reading() as connection:
            return daily_summary(self._scope, connection, venue_id=self.venue_id, zone=self.zone)

    def save_metrics(self) -> None:
        """Write the file, all of the venue in it: whole, or the old one stays.

        Raises:
            DiskFull: the old file is untouched.
            ConfigError: the folder cannot be written.
        """
        write_metrics_file(
            self.metrics_file,
            self.database,
            venue_id=self.venue_id,
            segments_dir=self.metrics_file.parent / "segments",
            now=self._clock(),
            scope=self._scope,
        )

    def close(self) -> None:
        """Close the database if this collector opened it."""
        if self._owned is not None:
            self._owned.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _add(
        self,
        kind: EventKind,
        staff_id: int | None,
        customer_id: int,
        start: Moment,
        end: Moment,
        video_evidence: Mapping[str, Any] | None,
    ) -> str:
        started_at, ended_at = self.moment(start, "start"), self.moment(end, "end")
        if ended_at < started_at:
            raise ValueError(
                f"the {kind.value} ends ({ended_at.isoformat()}) before it starts ({started_at.isoformat()})"
            )
        customer = _track_id(customer_id)
        staff = None if staff_id is None else _track_id(staff_id)
        people = [(staff, Role.STAFF), (customer, Role.CUSTOMER)]
        happened = ServiceEvent(
            kind=kind,
            started_at=started_at,
            ended_at=ended_at,
            participants=tuple(Participant(who, role, 1.0, TOLD) for who, role in people if who is not None),
            score=1.0,
        )
        with self._lock, self.database.transaction() as connection:
            stored = events.add_event(
                self._scope,
                connection,
                venue_id=self.venue_id,
                camera_id=self.camera_id,
                happened=happened,
                at=self._clock(),
            )
            has_video = stored.id in links.links_of_events(self._scope, connection, [stored.id])
            if video_evidence:
                links.link_evidence(self._scope, connection, stored.id, video_evidence, at=self._clock())
        with self._lock:
            if video_evidence or has_video:
                self._forget(stored.id)
            else:
                self._without_video.setdefault((kind, staff, customer), {})[stored.id] = None
        return stored.id

    def _link(
        self,
        kind: EventKind,
        people: tuple[int | None, int] | None,
        video_evidence: Mapping[str, Any],
        event_id: str | None,
    ) -> bool:
        with self._lock, self.database.transaction() as connection:
            if event_id is None and people is not None:
                fitting = list(self._without_video.get((kind, *people), ()))
                if len(fitting) != 1:
                    return False
                event_id = fitting[0]
            meant = events.get_event(self._scope, connection, event_id or "")
            if meant is None or meant.kind is not kind:
                return False
            links.link_evidence(self._scope, connection, meant.id, video_evidence, at=self._clock())
        with self._lock:
            self._forget(meant.id)
        return True

    def _forget(self, event_id: str) -> None:
        for key, waiting in list(self._without_video.items()):
            waiting.pop(event_id, None)
            if not waiting:
                del self._without_video[key]

    def moment(self, value: Moment, name: str = "time") -> datetime:
        """`value` as an aware UTC time.

        Raises:
            ValueError: neither a datetime nor a number of seconds that a calendar knows.
        """
        if isinstance(value, datetime):
            aware = value if value.tzinfo is not None else value.replace(tzinfo=self.zone)
            return aware.astimezone(UTC)
        try:
            return datetime.fromtimestamp(float(value), UTC)
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise ValueError(
                f"{name} {value!r} is no time; give a datetime or the seconds since 1970-01-01 UTC"
            ) from error


def _track_id(value: Any) -> int:
    try:
        return index(value)
    except TypeError as error:
        raise ValueError(f"a track id is a whole number, not {value!r}") from error


def _open(database: str | Path | None, metrics_file: Path) -> Database:
    if database is None:
        return open_database(sqlite_url(metrics_file.parent / DATABASE_NAME))
    if isinstance(database, Path) or "://" not in database:
        return open_database(sqlite_url(Path(database)))
    return open_database(database)
