"""Reading the outbox: what has still to leave the site, and what became of the rest."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.store.delivery_tables import outbox
from sightline.store.events import PAGE
from sightline.store.statements import visible

Lane = tuple[Channel, str]
"""One receiver: its channel and destination."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """One row of the outbox.

    Attributes:
        attempts: those begun, this one included while it is leased.
        patient_until: it waits for earlier steps of its chain until then; None: as long as it takes.
        settled_at: when it was sent, given up or cancelled.
        answer: what the receiver said, JSON values without secrets; None until sent.
    """

    id: int
    venue_id: str
    key: str
    channel: Channel
    destination: str
    chain: str
    step: int
    patient_until: datetime | None
    event_id: str | None
    evidence_id: str | None
    payload: Mapping[str, Any] = field(repr=False)
    state: ItemState
    attempts: int
    created_at: datetime
    due_at: datetime
    leased_by: str | None
    leased_until: datetime | None
    settled_at: datetime | None
    last_error: str | None
    answer: Mapping[str, Any] | None = field(repr=False)

    @property
    def lane(self) -> Lane:
        return self.channel, self.destination


def list_items(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    states: Collection[ItemState] = (),
    channel: Channel | None = None,
    chain: str | None = None,
    event_id: str | None = None,
    evidence_id: str | None = None,
    settled_after: datetime | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[StoredItem]:
    """Items in the order in which they were made; what is not given does not matter."""
    wanted: list[ColumnElement[bool]] = []
    if states:
        wanted.append(outbox.c.state.in_([state.value for state in states]))
    if channel is not None:
        wanted.append(outbox.c.channel == channel.value)
    if settled_after is not None:
        wanted.append(outbox.c.settled_at > settled_after)
    given = {"venue_id": venue_id, "chain": chain, "event_id": event_id, "evidence_id": evidence_id}
    wanted += [outbox.c[name] == value for name, value in given.items() if value is not None]
    return read_items(scope, connection, and_(true(), *wanted), limit=limit, offset=offset)


def get_item(scope: Scope, connection: Connection, item_id: int) -> StoredItem | None:
    """One item, None when there is none in the scope."""
    found = read_items(scope, connection, outbox.c.id == item_id)
    return found[0] if found else None


def items_of_events(
    scope: Scope, connection: Connection, event_ids: Iterable[str], channels: Collection[Channel]
) -> dict[str, list[StoredItem]]:
    """What has left or is to leave of these events on some channels, by event id, oldest first."""
    ids = list(event_ids)
    found: dict[str, list[StoredItem]] = {}
    for first in range(0, len(ids), PAGE):
        condition = and_(
            outbox.c.event_id.in_(ids[first : first + PAGE]),
            outbox.c.channel.in_([channel.value for channel in channels]),
        )
        for item in read_items(scope, connection, condition):
            found.setdefault(str(item.event_id), []).append(item)
    return found


@dataclass(frozen=True, slots=True)
class OutboxCount:
    """How many items of a venue's channel are in one state, and since when the oldest is."""

    venue_id: str
    channel: Channel
    state: ItemState
    count: int
    oldest_at: datetime


def count_items(scope: Scope, connection: Connection) -> list[OutboxCount]:
    """By venue, channel and state."""
    columns = (outbox.c.venue_id, outbox.c.channel, outbox.c.state)
    query = (
        select(*columns, func.count(), func.min(outbox.c.created_at))
        .where(visible(scope, outbox))
        .group_by(*columns)
        .order_by(*columns)
    )
    return [
        OutboxCount(venue, Channel(channel), ItemState(state), count, oldest_at)
        for venue, channel, state, count, oldest_at in connection.execute(query)
    ]


def read_items(
    scope: Scope,
    connection: Connection,
    condition: ColumnElement[bool],
    *,
    limit: int | None = None,
    offset: int = 0,
) -> list[StoredItem]:
    """The rows of the scope that fulfil `condition`, in the order in which they were made."""
    query = (
        select(outbox)
        .where(visible(scope, outbox), condition)
        .order_by(outbox.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [
        StoredItem(**{**row._mapping, "channel": Channel(row.channel), "state": ItemState(row.state)})
        for row in connection.execute(query)
    ]
