"""`analytics_metrics.json`, version 1.1: a view of the database for programs that read that file.

The database is the truth; this file can be thrown away and written again at any time.
"""

import json
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.analytics.durations import Durations, local_text, seconds
from sightline.analytics.video_evidence import VideoEvidence
from sightline.analytics.whole_file import whole_file
from sightline.domain.event import EventKind, Role
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.database import Database
from sightline.store.events import StoredEvent, each_event
from sightline.store.venues import get_venue

VERSION = "1.1"
CREATED_AT = re.compile(r'"created_at": "(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)"')
HEAD_CHARS = 1000
"""The metadata stand in the first line."""


@dataclass(frozen=True, slots=True)
class Section:
    """How one kind of event is spelt in the file. `totals` are in the contract's order."""

    kind: EventKind
    name: str
    times: str
    prefix: str
    totals: tuple[tuple[str, str], ...]
    summary: str


SECTIONS = (
    Section(
        EventKind.INTERACTION,
        "interaction_metrics",
        "interaction_times",
        "interaction",
        (
            ("min_interaction_time", "min"),
            ("max_interaction_time", "max"),
            ("avg_interaction_time", "avg"),
            ("total_interactions", "count"),
        ),
        "interactions",
    ),
    Section(
        EventKind.UNATTENDED,
        "unattended_metrics",
        "unattended_times",
        "unattended",
        (
            ("min_unattended_time", "min"),
            ("max_unattended_time", "max"),
            ("avg_unattended_time", "avg"),
            ("total_unattended_events", "count"),
        ),
        "unattended_times",
    ),
    Section(
        EventKind.QUEUE,
        "queue_metrics",
        "queue_times",
        "queue",
        (
            ("avg_queue_time", "avg"),
            ("max_queue_time", "max"),
            ("min_queue_time", "min"),
            ("total_queue_events", "count"),
        ),
        "queue_times",
    ),
)
SUMMARY_ORDER = ("interactions", "queue_times", "unattended_times")


def write_metrics_file(
    path: Path,
    database: Database,
    *,
    venue_id: str,
    segments_dir: Path,
    now: datetime,
    camera_id: str | None = None,
    scope: Scope | None = None,
) -> None:
    """Write the file whole, or leave the old one: beside, flushed to disk, renamed.

    Args:
        path: usually `analytics_metrics.json`; its `created_at` is kept when it was there.
        segments_dir: where the clips are, for `video_url`.
        now: becomes `last_updated`, aware.
        camera_id: only this camera's events; default all of the venue.
        scope: on whose behalf, default the whole site.

    Raises:
        StoreError: no such venue, or the database cannot be read.
        DiskFull: no space; the old file is untouched.
        ConfigError: the folder cannot be written.
    """
    pieces = metrics_text(
        database,
        venue_id=venue_id,
        segments_dir=segments_dir,
        now=now,
        camera_id=camera_id,
        scope=scope,
        created_at=_created_at(path),
    )
    with closing(pieces), whole_file(path) as beside, beside.open("w", encoding="utf-8") as file:
        file.writelines(pieces)


def metrics_text(
    database: Database,
    *,
    venue_id: str,
    segments_dir: Path,
    now: datetime,
    camera_id: str | None = None,
    scope: Scope | None = None,
    created_at: str | None = None,
) -> Generator[str]:
    """The file's text in pieces, one event a line, so that a year of events is never in memory at once.

    Args: as `write_metrics_file`; `created_at` as text in the venue's zone, default `now`.

    Raises:
        StoreError: no such venue, or the database cannot be read.
    """
    scope = scope or Scope.site()
    with database.reading() as connection:
        venue = get_venue(scope, connection, venue_id)
        if venue is None:
            raise StoreError(f"there is no venue {venue_id!r} in {database.name}")
        zone = ZoneInfo(venue.timezone)
        updated = local_text(now, zone)
        metadata = {
            "version": VERSION,
            "created_at": created_at or updated,
            "last_updated": updated,
            "timezone": venue.timezone,
        }
        yield '{"metadata": ' + _json(metadata)
        view = _View(scope, connection, venue_id, camera_id, VideoEvidence(segments_dir, zone), zone)
        for section in SECTIONS:
            yield from view.section(section)
        yield f',\n "daily_summary": {_json(view.daily_summary())}'
        yield f',\n "hourly_breakdown": {_json(view.hourly_breakdown())}}}\n'


def daily_summary(
    scope: Scope, connection: Connection, *, venue_id: str, zone: ZoneInfo, camera_id: str | None = None
) -> dict[str, Any]:
    """Per local day: count, mean, shortest and longest of each kind, `{}` for a kind with none."""
    view = _View(scope, connection, venue_id, camera_id, VideoEvidence(Path(), zone), zone)
    for section in SECTIONS:
        for page in view.pages(section):
            for one in page:
                view.count(section, one)
    return view.daily_summary()


ByKind = dict[str, Durations]


@dataclass(slots=True)
class _View:
    """The events of one venue, written section by section while their durations are summed up."""

    scope: Scope
    connection: Connection
    venue_id: str
    camera_id: str | None
    video: VideoEvidence
    zone: ZoneInfo
    days: dict[str, ByKind] = field(default_factory=dict)
    hours: dict[str, ByKind] = field(default_factory=dict)

    def section(self, section: Section) -> Iterator[str]:
        """The text of one kind: an entry a line, then its totals."""
        yield f',\n "{section.name}": {{"{section.times}": ['
        whole = Durations()
        separator = "\n    "
        for page in self.pages(section):
            videos = self.video.of(self.scope, self.connection, page)
            for one in page:
                whole.add(one.duration)
                self.count(section, one)
                yield separator + _json(self._entry(section, one, videos[one.id]))
                separator = ",\n    "
        numbers = {"min": whole.shortest_s, "max": whole.longest_s, "avg": whole.mean_s, "count": whole.count}
        totals = [f'"{name}": {_json(numbers[what] or 0)}' for name, what in section.totals]
        yield "],\n   " + ", ".join(totals) + "}"

    def pages(self, section: Section) -> Iterator[list[StoredEvent]]:
        return each_event(
            self.scope, self.connection, venue_id=self.venue_id, camera_id=self.camera_id, kind=section.kind
        )

    def count(self, section: Section, one: StoredEvent) -> None:
        """Add an event to its day and its hour, by its start on the venue's clocks."""
        started = one.started_at.astimezone(self.zone)
        for period in (
            self.days.setdefault(f"{started:%Y-%m-%d}", {}),
            self.hours.setdefault(f"{started:%Y-%m-%d %H}:00:00", {}),
        ):
            period.setdefault(section.summary, Durations()).add(one.duration)

    def daily_summary(self) -> dict[str, Any]:
        return {
            day: {
                name: _full(self.days[day][name]) if name in self.days[day] else {} for name in SUMMARY_ORDER
            }
            for day in sorted(self.days)
        }

    def hourly_breakdown(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for hour in sorted(self.hours):
            found.setdefault(hour[:10], {})[hour] = {
                name: {"count": self.hours[hour][name].count, "avg_duration": self.hours[hour][name].mean_s}
                for name in SUMMARY_ORDER
                if name in self.hours[hour]
            }
        return found

    def _entry(self, section: Section, one: StoredEvent, video: Mapping[str, Any]) -> dict[str, Any]:
        started = local_text(one.started_at, self.zone)
        people: dict[str, int | None] = {"customer_id": one.track_of(Role.CUSTOMER)}
        if section.kind is EventKind.INTERACTION:
            people = {"staff_id": one.track_of(Role.STAFF)} | people
        elif people["customer_id"] is None and one.participants:
            people = {"customer_id": one.participants[0].track_id}
        return people | {
            f"{section.prefix}_start": started,
            f"{section.prefix}_end": local_text(one.ended_at, self.zone),
            f"{section.prefix}_duration": seconds(one.duration),
            "timestamp": started,
            "video_evidence": dict(video),
        }


def _full(durations: Durations) -> dict[str, Any]:
    return {
        "count": durations.count,
        "avg_duration": durations.mean_s,
        "min_duration": durations.shortest_s,
        "max_duration": durations.longest_s,
    }


def _created_at(path: Path) -> str | None:
    """What an earlier file says about its first writing; None when there is none, or it is unreadable."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            found = CREATED_AT.search(file.read(HEAD_CHARS))
    except OSError:
        return None
    return found[1] if found else None


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
