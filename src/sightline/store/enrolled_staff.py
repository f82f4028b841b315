"""Staff of a venue who were made known, as they are kept: sealed. Nothing here can open them."""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from sightline.domain.role import looks_like
from sightline.domain.scope import Scope
from sightline.store.edge_marks import mark_events
from sightline.store.identity_tables import enrolled_staff as table
from sightline.store.statements import demand, visible
from sightline.store.tables import event, event_participant, track

SOMEBODY = "looks like somebody enrolled"
"""What reasons say of who was removed."""

EVENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedStaff:
    """What one member of staff looks like to one model.

    Attributes:
        name: as the shop calls them.
        dims: numbers in the vector.
        sealed: nonce, encrypted vector, tag.
        key_id: of the key that opens it.
        crops: how many pictures the mean is of.
    """

    name: str
    model: str
    dims: int
    sealed: bytes = field(repr=False)
    key_id: str
    crops: int
    enrolled_at: datetime


def put_staff(scope: Scope, connection: Connection, venue_id: str, one: SealedStaff) -> None:
    """Keep somebody, in place of what there was of them under this name, by whichever model and key.

    Raises:
        StoreError: outside the scope.
    """
    remove_staff(scope, connection, venue_id, one.name)
    connection.execute(insert(table).values(venue_id=venue_id, **asdict(one)))


def staff_of_venue(scope: Scope, connection: Connection, venue_id: str) -> list[SealedStaff]:
    """All who are enrolled at a venue, by name."""
    columns = [table.c[name] for name in SealedStaff.__slots__]
    query = select(*columns).where(table.c.venue_id == venue_id, visible(scope, table))
    rows = connection.execute(query.order_by(table.c.name))
    return [SealedStaff(**{**row._mapping, "sealed": bytes(row.sealed)}) for row in rows]


def remove_staff(scope: Scope, connection: Connection, venue_id: str, name: str) -> int:
    """Delete what is kept of somebody; how many rows there were.

    Raises:
        StoreError: outside the scope.
    """
    demand(scope, venue_id)
    theirs = (table.c.venue_id == venue_id) & (table.c.name == name)
    return connection.execute(delete(table).where(theirs)).rowcount


def forget_staff(scope: Scope, connection: Connection, venue_id: str, name: str) -> int:
    """Delete what is kept of somebody, and their name in the reasons of roles of events and tracks.

    Where a centre was told of those events it is told of them again.

    Returns:
        In how many events the name stood.

    Raises:
        StoreError: outside the scope.
    """
    remove_staff(scope, connection, venue_id, name)
    person = event_participant.c
    told, of_venue = looks_like(name), event.c.venue_id == venue_id
    without = func.replace(person.role_reason, told, SOMEBODY)
    query = select(event.c.id).distinct().join(event_participant, person.event_id == event.c.id)
    ids = list(connection.execute(query.where(of_venue, without != person.role_reason)).scalars())
    for first in range(0, len(ids), EVENTS_AT_ONCE):
        chunk = person.event_id.in_(ids[first : first + EVENTS_AT_ONCE])
        connection.execute(update(event_participant).where(chunk).values(role_reason=without))
    mark_events(scope, connection, ids)
    of_track = func.replace(track.c.role_reason, told, SOMEBODY)
    named = (track.c.venue_id == venue_id) & (of_track != track.c.role_reason)
    connection.execute(update(track).where(named).values(role_reason=of_track))
    return len(ids)


def venues_with_staff(scope: Scope, connection: Connection) -> list[str]:
    """The venues at which somebody is enrolled, in order."""
    query = select(table.c.venue_id).where(visible(scope, table)).distinct().order_by(table.c.venue_id)
    return list(connection.execute(query).scalars())
