"""The numbers of `summary.json` and of the table that `analyze` prints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.analytics.durations import Durations
from sightline.domain.event import EventKind
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store.coverage import coverage_between
from sightline.store.events import StoredEvent, each_event
from sightline.store.runs import list_runs
from sightline.store.venues import get_venue


@dataclass(slots=True)
class Period:
    """One local day or hour. `minutes` are the observed ones, None while nothing says that it was watched."""

    minutes: int | None = None
    kinds: dict[EventKind, Durations] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Counts of an unobserved period are null unless something did happen: unknown is not zero."""
        unseen = None if self.minutes is None else 0
        return {"minutes_observed": self.minutes} | {
            kind.value: self.kinds[kind].count if kind in self.kinds else unseen for kind in EventKind
        }


@dataclass(slots=True)
class Summary:
    """What the events of one venue (or one camera of it) add up to.

    Attributes:
        kinds: durations of each kind of event.
        minutes: observed minutes by camera.
        visitors: {"count", "low", "high"} over all recordings, None when none was analysed. People
            are counted per recording; the same person in two recordings counts twice.
        days, hours: by local day `YYYY-MM-DD`, by local hour `YYYY-MM-DD HH:00:00`.
    """

    venue_id: str
    timezone: str
    kinds: dict[EventKind, Durations]
    minutes: dict[str, int]
    visitors: Mapping[str, int | None] | None
    days: dict[str, Period]
    hours: dict[str, Period]

    def document(self) -> dict[str, Any]:
        """As JSON values. Durations in seconds, null when there are none."""
        return {
            "venue_id": self.venue_id,
            "timezone": self.timezone,
            "events": {kind.value: _numbers(self.kinds[kind]) for kind in EventKind},
            "visitors": None if self.visitors is None else dict(self.visitors),
            "coverage": {
                "minutes_observed": sum(self.minutes.values()) or None,
                "cameras": dict(self.minutes),
            },
            "days": {day: self.days[day].document() for day in sorted(self.days)},
            "hours": {hour: self.hours[hour].document() for hour in sorted(self.hours)},
        }


def summarise(
    scope: Scope, connection: Connection, *, venue_id: str, camera_id: str | None = None
) -> Summary:
    """Add up the current events, the coverage and the visitors of a venue.

    Args:
        camera_id: only this camera; default all of the venue.

    Raises:
        StoreError: no such venue in the scope.
    """
    venue = get_venue(scope, connection, venue_id)
    if venue is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    zone = ZoneInfo(venue.timezone)
    summary = Summary(
        venue_id=venue_id,
        timezone=venue.timezone,
        kinds={kind: Durations() for kind in EventKind},
        minutes={},
        visitors=_visitors(scope, connection, venue_id, camera_id),
        days={},
        hours={},
    )
    for page in each_event(scope, connection, venue_id=venue_id, camera_id=camera_id):
        for one in page:
            _count(summary, one, zone)
    for minute in coverage_between(scope, connection, venue_id=venue_id, camera_id=camera_id):
        summary.minutes[minute.camera_id] = summary.minutes.get(minute.camera_id, 0) + 1
        for period in _periods(summary, minute.minute_at, zone):
            period.minutes = (period.minutes or 0) + 1
    return summary


def _count(summary: Summary, one: StoredEvent, zone: ZoneInfo) -> None:
    summary.kinds[one.kind].add(one.duration)
    for period in _periods(summary, one.started_at, zone):
        period.kinds.setdefault(one.kind, Durations()).add(one.duration)


def _periods(summary: Summary, at: datetime, zone: ZoneInfo) -> tuple[Period, Period]:
    local = at.astimezone(zone)
    return (
        summary.days.setdefault(f"{local:%Y-%m-%d}", Period()),
        summary.hours.setdefault(f"{local:%Y-%m-%d %H}:00:00", Period()),
    )


def _visitors(
    scope: Scope, connection: Connection, venue_id: str, camera_id: str | None
) -> dict[str, int | None] | None:
    counts = [run.visitors for run in list_runs(scope, connection, venue_id=venue_id, camera_id=camera_id)]
    if not counts:
        return None
    return {name: _sum([one.get(name) for one in counts]) for name in ("count", "low", "high")}


def _sum(values: list[int | None]) -> int | None:
    """None when one of them is unknown."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _numbers(durations: Durations) -> dict[str, float | int | None]:
    return {
        "count": durations.count,
        "min_s": durations.shortest_s,
        "max_s": durations.longest_s,
        "avg_s": durations.mean_s,
    }
