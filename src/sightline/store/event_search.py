"""Events as people look for them: newest first, a page at a time."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, select

from sightline.domain.event import EventKind
from sightline.domain.scope import Scope
from sightline.store.events import StoredEvent, get_events
from sightline.store.statements import visible
from sightline.store.tables import event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSearch:
    """What is looked for; None does not matter.

    Attributes:
        since, until: start of the event in [since, until).
        confirmed: whether it was confirmed; interactions and queues never are.
    """

    venue_id: str | None = None
    camera_id: str | None = None
    kind: EventKind | None = None
    since: datetime | None = None
    until: datetime | None = None
    confirmed: bool | None = None


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
    return wanted
