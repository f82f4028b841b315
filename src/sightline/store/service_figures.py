"""Service events of a window, as few columns of each as the figures about them need.

An event counts in the window in which it begins; superseded ones, those that still go on and those that a
person dismissed do not count.
Percentiles and the time somebody is busy are reckoned from these rows: the databases know no common way that
is faster than to read them. Times are microseconds since 1970 UTC.
"""

from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, Connection, Text, and_, case, cast, func, select

from sightline.domain.event import EventKind
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.store.events import StoredEvent, events_of
from sightline.store.review_tables import counts
from sightline.store.statements import visible
from sightline.store.tables import event, event_participant, track
from sightline.store.wall_clock import microseconds

SERVICE = (EventKind.INTERACTION, EventKind.UNATTENDED, EventKind.QUEUE)
OF_CUSTOMERS = (EventKind.INTERACTION, EventKind.UNATTENDED)


class ServiceMoment(NamedTuple):
    """One event.

    Attributes:
        kind: value of an `EventKind`.
        line_length: of a queue, as text, however another program may have told it; None without.
    """

    kind: str
    started_us: int
    ended_us: int
    confirmed: bool
    line_length: str | None


class PersonServed(NamedTuple):
    """One person in one interaction or unattended wait.

    Attributes:
        kind, role: values of an `EventKind` and a `Role`.
        run_id: None of what another program told.
        first_us, last_us: of the person's track; None when it is not stored.
    """

    kind: str
    camera_id: str
    run_id: str | None
    started_us: int
    ended_us: int
    track_id: int
    role: str
    first_us: int | None
    last_us: int | None


def service_moments(
    scope: Scope, connection: Connection, venue_id: str, window: Window
) -> list[ServiceMoment]:
    """All service events of a window, in no order."""
    length = case((event.c.kind == EventKind.QUEUE.value, _detail(connection, "line_length")))
    query = select(
        event.c.kind,
        microseconds(event.c.started_at),
        microseconds(event.c.ended_at),
        event.c.confirmed_at.is_not(None),
        length,
    ).where(*_within(scope, venue_id, window, SERVICE))
    return [ServiceMoment._make(row) for row in connection.execute(query).all()]


def people_served(scope: Scope, connection: Connection, venue_id: str, window: Window) -> list[PersonServed]:
    """Everybody in the interactions and unattended waits of a window, in no order."""
    people = event_participant
    query = (
        select(
            *(event.c.kind, event.c.camera_id, event.c.run_id),
            *(microseconds(event.c.started_at), microseconds(event.c.ended_at)),
            *(people.c.track_id, people.c.role),
            *(microseconds(track.c.first_at), microseconds(track.c.last_at)),
        )
        .join(people, people.c.event_id == event.c.id)
        .outerjoin(
            track,
            and_(
                track.c.run_id == event.c.run_id,
                track.c.track_id == people.c.track_id,
                track.c.venue_id == event.c.venue_id,
            ),
        )
        .where(*_within(scope, venue_id, window, OF_CUSTOMERS))
    )
    return [PersonServed._make(row) for row in connection.execute(query).all()]


def newest_service_events(
    scope: Scope, connection: Connection, venue_id: str, window: Window, *, limit: int, offset: int
) -> list[StoredEvent]:
    """A page of the events, the newest begin first."""
    query = (
        select(event.c.id)
        .where(*_within(scope, venue_id, window, SERVICE))
        .order_by(event.c.started_at.desc(), event.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    ids = list(connection.execute(query).scalars())
    found = {one.id: one for one in events_of(scope, connection, ids)}
    return [found[one] for one in ids]


def _within(
    scope: Scope, venue_id: str, window: Window, kinds: tuple[EventKind, ...]
) -> tuple[ColumnElement[bool], ...]:
    return (
        event.c.venue_id == venue_id,
        visible(scope, event),
        event.c.started_at >= window.start,
        event.c.started_at < window.end,
        event.c.kind.in_([kind.value for kind in kinds]),
        counts(),
        event.c.ongoing.is_(False),
    )


def _detail(connection: Connection, name: str) -> ColumnElement[Any]:
    """A member of the JSON text that holds the details of an event, as text."""
    if connection.dialect.name == "postgresql":
        return cast(event.c.details, JSON).op("->>")(name)
    return cast(func.json_extract(event.c.details, f"$.{name}"), Text)
