"""How customers are served: interactions, unattended waits, queues, by the hour and by member of staff."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from sightline.analytics.observation import Observation, observe
from sightline.analytics.service_sums import (
    WallClock,
    customers_added_up,
    hours_added_up,
    kinds_added_up,
    seconds,
    staff_added_up,
)
from sightline.analytics.venue_window import period, venue_window
from sightline.analytics.video_evidence import VideoEvidence
from sightline.domain.event import EventKind
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.service_figures import newest_service_events, people_served, service_moments

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """The document, and how many events there are in all: `rows` holds a page of them."""

    document: dict[str, Any]
    events: int


@dataclass(frozen=True, slots=True)
class ServiceFigures:
    """Answers about the service of a venue, from its service events.

    Seconds have two decimals, shares one; of nothing they are None. Percentiles are interpolated linearly
    between the two nearest values.
    """

    database: Database
    clock: Callable[[], datetime]

    def service(
        self, scope: Scope, venue_id: str, *, days: int, to: date | None, limit: int, offset: int
    ) -> ServiceAnswer:
        """Figures of the last `days` days and a page of their events, the newest first."""
        with self.database.reading() as connection:
            window = venue_window(scope, connection, venue_id=venue_id, days=days, to=to, now=self.clock())
            observation = observe(scope, connection, venue_id, window)
            document = service_figures(scope, connection, venue_id, window, observation)
            page = newest_service_events(scope, connection, venue_id, window, limit=limit, offset=offset)
            videos = VideoEvidence(None, window.zone).of(scope, connection, page)
        document["rows"] = [_row(one, videos[one.id], window) for one in page]
        return ServiceAnswer(
            document=document,
            events=sum(document[name]["count"] for name in ("interactions", "unattended", "queues")),
        )


def service_figures(
    scope: Scope, connection: Connection, venue_id: str, window: Window, observation: Observation
) -> dict[str, Any]:
    """Everything but the events themselves."""
    moments = service_moments(scope, connection, venue_id, window)
    people = people_served(scope, connection, venue_id, window)
    observed = observation.hours_on_wall(window.zone)
    clock = WallClock(window.zone)
    return {
        "venue_id": venue_id,
        "period": period(window),
        **kinds_added_up(moments),
        **customers_added_up(people, clock),
        "by_hour": hours_added_up(moments, clock, observed),
        "staff": staff_added_up(people, window, clock),
    }


def _row(one: StoredEvent, video: Mapping[str, Any], window: Window) -> dict[str, Any]:
    return {
        "event_id": one.id,
        "kind": one.kind.value,
        "camera_id": one.camera_id,
        "start": one.started_at.astimezone(window.zone).isoformat(),
        "end": one.ended_at.astimezone(window.zone).isoformat(),
        "duration_s": seconds(one.duration // MICROSECOND),
        "confirmed": one.confirmed_at is not None if one.kind is EventKind.UNATTENDED else None,
        "people": [
            {
                "track_id": who.track_id,
                "role": who.role.value,
                "confidence": round(who.role_confidence, 3),
                "reason": who.role_reason,
            }
            for who in one.participants
        ],
        "score": round(one.score, 3),
        "video_evidence": dict(video),
    }
