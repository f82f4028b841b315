"""Events as they are stored, with the people in them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from sqlalchemy import Connection, Select, delete, insert, literal, select, tuple_

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.store.columns import UtcMicroseconds
from sightline.store.edge_marks import mark_events
from sightline.store.event_ids import event_ids
from sightline.store.review_tables import counts
from sightline.store.statements import demand, upsert, visible
from sightline.store.tables import event, event_participant

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """An event with its id.

    Attributes:
        run_id: None when another program told of it.
        ongoing: told while it lasts, `ended_at` is its end so far; when it is superseded as well, it was
            withdrawn without ever having been concluded.
    """

    id: str
    venue_id: str
    camera_id: str
    run_id: str | None
    kind: EventKind
    started_at: datetime
    ended_at: datetime
    confirmed_at: datetime | None
    score: float
    details: Mapping[str, float | int | str | None]
    state: str
    created_at: datetime
    participants: tuple[Participant, ...]
    ongoing: bool = False

    @classmethod
    def of(
        cls,
        happened: ServiceEvent,
        *,
        event_id: str,
        venue_id: str,
        camera_id: str,
        run_id: str | None,
        created_at: datetime,
        ongoing: bool = False,
    ) -> Self:
        """`happened` as a current event under `event_id`."""
        return cls(
            id=event_id,
            venue_id=venue_id,
            camera_id=camera_id,
            run_id=run_id,
            kind=happened.kind,
            started_at=happened.started_at,
            ended_at=happened.ended_at,
            confirmed_at=happened.confirmed_at,
            score=happened.score,
            details=happened.details,
            state="current",
            created_at=created_at,
            participants=happened.participants,
            ongoing=ongoing,
        )

    @property
    def duration(self) -> timedelta:
        return self.ended_at - self.started_at

    def track_of(self, role: Role) -> int | None:
        """The first participant with this role, None when there is none."""
        return next((one.track_id for one in self.participants if one.role is role), None)


def add_event(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str,
    happened: ServiceEvent,
    run_id: str | None = None,
    at: datetime | None = None,
) -> StoredEvent:
    """Store one event told by another program. Told again, it stays one; a later end counts.

    Args:
        at: when it is stored, default now.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    demand(scope, venue_id)
    event_id = next(event_ids(venue_id, camera_id, happened))
    known = get_event(scope, connection, event_id)
    if known is not None and known.state == "current" and known.ended_at >= happened.ended_at:
        return known
    stored = StoredEvent.of(
        happened,
        event_id=event_id,
        venue_id=venue_id,
        camera_id=camera_id,
        run_id=run_id,
        created_at=known.created_at if known else at or datetime.now(UTC),
    )
    write_events(scope, connection, [stored])
    return stored


def get_event(scope: Scope, connection: Connection, event_id: str) -> StoredEvent | None:
    """The event, in whatever state, or None when there is none in the scope."""
    found = _read(connection, select(event).where(event.c.id == event_id, visible(scope, event)))
    return found[0] if found else None


def events_of(scope: Scope, connection: Connection, event_ids: Sequence[str]) -> list[StoredEvent]:
    """The events with these ids, in whatever state, by start and id; those outside the scope left out."""
    chosen = select(event).where(event.c.id.in_(event_ids), visible(scope, event))
    return _read(connection, chosen.order_by(event.c.started_at, event.c.id))


def get_events(scope: Scope, connection: Connection, event_ids: Sequence[str]) -> list[StoredEvent]:
    """Those of these events that are in the scope, in whatever state and order."""
    found: list[StoredEvent] = []
    for first in range(0, len(event_ids), PAGE):
        chunk = event_ids[first : first + PAGE]
        found += _read(connection, select(event).where(event.c.id.in_(chunk), visible(scope, event)))
    return found


def list_events(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    camera_id: str | None = None,
    kind: EventKind | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    state: str | None = "current",
    ongoing: bool | None = False,
    lasting_after: datetime | None = None,
    counted: bool = False,
    limit: int | None = None,
    offset: int = 0,
) -> list[StoredEvent]:
    """Events that start in [start, end), by start and id; finished ones only, unless told otherwise.

    Args:
        state: `current`, `superseded`, or None for both.
        ongoing: True for those that were told and are not concluded, None for all.
        lasting_after: only those that end after it, or start no earlier.
        counted: without those that a person dismissed.
    """
    query = _selection(
        scope,
        venue_id=venue_id,
        camera_id=camera_id,
        kind=kind,
        start=start,
        end=end,
        state=state,
        ongoing=ongoing,
    )
    if lasting_after is not None:
        query = query.where((event.c.ended_at > lasting_after) | (event.c.started_at >= lasting_after))
    if counted:
        query = query.where(counts())
    return _read(connection, query.limit(limit).offset(offset))


def each_event(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str,
    camera_id: str | None = None,
    kind: EventKind | None = None,
) -> Iterator[list[StoredEvent]]:
    """All finished events that count, by start and id, in pages: a year of them does not fit in memory."""
    chosen = _selection(scope, venue_id=venue_id, camera_id=camera_id, kind=kind, state="current")
    query = chosen.where(counts()).limit(PAGE)
    page = _read(connection, query)
    while page:
        yield page
        last = tuple_(literal(page[-1].started_at, UtcMicroseconds), literal(page[-1].id))
        page = _read(connection, query.where(tuple_(event.c.started_at, event.c.id) > last))


def write_events(scope: Scope, connection: Connection, events: Sequence[StoredEvent]) -> None:
    """Insert events, or replace those that have the same id, participants included.

    Raises:
        StoreError: outside the scope, or no such camera.
    """
    for one in events:
        demand(scope, one.venue_id)
    ids = [one.id for one in events]
    mark_events(scope, connection, ids)  # where those stand that are replaced
    upsert(connection, event, [_event_row(one) for one in events], ("id",))
    mark_events(scope, connection, ids)
    for first in range(0, len(events), PAGE):
        chunk = ids[first : first + PAGE]
        connection.execute(delete(event_participant).where(event_participant.c.event_id.in_(chunk)))
    people = [
        _participant_row(one.id, position, who)
        for one in events
        for position, who in enumerate(one.participants)
    ]
    if people:
        connection.execute(insert(event_participant), people)


def _selection(
    scope: Scope,
    *,
    venue_id: str | None,
    camera_id: str | None,
    kind: EventKind | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
    state: str | None,
    ongoing: bool | None = False,
) -> Select[Any]:
    query = select(event).where(visible(scope, event)).order_by(event.c.started_at, event.c.id)
    if venue_id is not None:
        query = query.where(event.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(event.c.camera_id == camera_id)
    if kind is not None:
        query = query.where(event.c.kind == kind.value)
    if start is not None:
        query = query.where(event.c.started_at >= start)
    if end is not None:
        query = query.where(event.c.started_at < end)
    if state is not None:
        query = query.where(event.c.state == state)
    if ongoing is not None:
        query = query.where(event.c.ongoing.is_(ongoing))
    return query


def _read(connection: Connection, query: Select[Any]) -> list[StoredEvent]:
    """Two statements whatever the number of events: theirs, and their people by chunks of ids."""
    rows = connection.execute(query).all()
    people = _participants(connection, [row.id for row in rows])
    return [
        StoredEvent(
            **{**row._mapping, "kind": EventKind(row.kind), "participants": tuple(people.get(row.id, ()))}
        )
        for row in rows
    ]


def _participants(connection: Connection, event_ids: list[str]) -> dict[str, list[Participant]]:
    table = event_participant
    found: dict[str, list[Participant]] = {}
    for first in range(0, len(event_ids), PAGE):
        chunk = event_ids[first : first + PAGE]
        query = select(table).where(table.c.event_id.in_(chunk)).order_by(table.c.event_id, table.c.position)
        for row in connection.execute(query):
            found.setdefault(row.event_id, []).append(
                Participant(row.track_id, Role(row.role), row.role_confidence, row.role_reason)
            )
    return found


def _event_row(one: StoredEvent) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in StoredEvent.__slots__ if name != "participants"}
    return row | {"kind": one.kind.value, "details": dict(one.details)}


def _participant_row(event_id: str, position: int, who: Participant) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "position": position,
        "track_id": who.track_id,
        "role": who.role.value,
        "role_confidence": who.role_confidence,
        "role_reason": who.role_reason,
    }
