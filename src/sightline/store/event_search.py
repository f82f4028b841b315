"""Events as people look for them: newest first, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, func, literal, or_, select, tuple_

from sightline.domain.event import EventKind
from sightline.domain.scope import Scope
from sightline.store.columns import UtcMicroseconds
from sightline.store.events import StoredEvent, get_events
from sightline.store.review_tables import is_dismissed
from sightline.store.statements import visible
from sightline.store.tables import event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """What is looked for; None does not matter.

    Attributes:
        since, until: start of the event in [since, until).
        spans: start of the event in one of these stretches, each up to its second instant.
        confirmed: whether it was confirmed; interactions and queues never are.
        dismissed: whether a person said that there was no such event.
    """

    venue_id: str | None = None
    camera_id: str | None = None
    kind: EventKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    confirmed: bool | None = None
    spans: Sequence[tuple[datetime, datetime]] | None = None
    dismissed: bool | None = None


def find_events(
    scope: Scope, connection: Connection, search: EventSearch, *, limit: int, offset: int
) -> tuple[list[StoredEvent], int]:
    """Current events, those that go on too, newest first, and how many there are in all."""
    conditions = _conditions(search)
    found = select(event.c.id).where(visible(scope, event), *conditions)
    page = found.order_by(event.c.started_at.desc(), event.c.id.desc()).limit(limit).offset(offset)
    ids = list(connection.execute(page).scalars())
    count = select(func.count()).select_from(event).where(visible(scope, event), *conditions)
    known = {one.id: one for one in get_events(scope, connection, ids)}
    return [known[one] for one in ids], int(connection.execute(count).scalar_one())


def _conditions(search: EventSearch) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [event.c.state == "current"]
    if search.venue_id is not None:
        wanted.append(event.c.venue_id == search.venue_id)
    if search.camera_id is not None:
        wanted.append(event.c.camera_id == search.camera_id)
    if search.kind is not None:
        wanted.append(event.c.kind == search.kind.value)
    if search.since is not None:
        wanted.append(event.c.started_at >= search.since)
    if search.until is not None:
        wanted.append(event.c.started_at < search.until)
    if search.confirmed is not None:
        confirmed = event.c.confirmed_at.is_not(None)
        wanted.append(confirmed if search.confirmed else ~confirmed)
    if search.spans is not None:
        started = event.c.started_at
        wanted.append(
            or_(false(), *(and_(started >= since, started < until) for since, until in search.spans))
        )
    if search.dismissed is not None:
        wanted.append(is_dismissed() if search.dismissed else ~is_dismissed())
    return wanted


class EventMark(NamedTuple):
    """As much of an event as a time line shows."""

    id: str
    venue_id: str
    camera_id: str
    kind: str
    started_at: datetime
    ended_at: datetime


def event_marks(scope: Scope, connection: Connection, search: EventSearch, *, limit: int) -> list[EventMark]:
    """The newest `limit` events, newest first."""
    columns = [event.c[name] for name in EventMark._fields]
    query = select(*columns).where(visible(scope, event), *_conditions(search))
    rows = connection.execute(query.order_by(event.c.started_at.desc(), event.c.id.desc()).limit(limit))
    return [EventMark._make(row) for row in rows]


def neighbours(
    scope: Scope, connection: Connection, search: EventSearch, started_at: datetime, event_id: str
) -> tuple[str | None, str | None]:
    """Ids of the next earlier and the next later event of a list, seen from one that may be in it."""
    place = tuple_(event.c.started_at, event.c.id)
    here = tuple_(literal(started_at, UtcMicroseconds), literal(event_id))
    found = select(event.c.id).where(visible(scope, event), *_conditions(search)).limit(1)
    earlier = found.where(place < here).order_by(event.c.started_at.desc(), event.c.id.desc())
    later = found.where(place > here).order_by(event.c.started_at, event.c.id)
    return connection.execute(earlier).scalar(), connection.execute(later).scalar()
