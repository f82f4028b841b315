"""The outbox: what has still to leave the site, leased by whoever sends it, and what became of the rest.

Rows are inserted in the transaction of what they tell of. A lease ends by itself, so a worker that was killed
holds nothing up for long; whoever settles a row must still hold its lease.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true, update

from sightline.domain.outbox import Channel, ItemState, OutboxItem
from sightline.domain.scope import Scope
from sightline.store.events import PAGE
from sightline.store.statements import demand, dialect_of, visible
from sightline.store.tables import outbox

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


@dataclass(frozen=True, slots=True)
class Lease:
    """Who sends, and until when nobody else may take it."""

    owner: str
    hold: timedelta


def put_items(scope: Scope, connection: Connection, items: Sequence[OutboxItem], *, now: datetime) -> int:
    """Add what is to leave; a key that its receiver was or will be told is left untouched. How many are new.

    Raises:
        StoreError: outside the scope.
    """
    new = 0
    for item in items:
        demand(scope, item.venue_id)
        row = {
            "venue_id": item.venue_id,
            "key": item.key,
            "channel": item.channel.value,
            "destination": item.destination,
            "chain": item.chain,
            "step": item.step,
            "patient_until": now + item.patience if item.patience is not None else None,
            "event_id": item.event_id,
            "evidence_id": item.evidence_id,
            "payload": dict(item.payload),
            "state": ItemState.WAITING.value,
            "attempts": 0,
            "created_at": now,
            "due_at": now,
        }
        statement = dialect_of(connection).insert(outbox).values(row).on_conflict_do_nothing()
        new += connection.execute(statement).rowcount
    return new


def waiting_lanes(scope: Scope, connection: Connection, *, chain: str | None = None) -> list[Lane]:
    """The receivers for whom anything (of one chain) waits, due or not."""
    query = (
        select(outbox.c.channel, outbox.c.destination)
        .where(visible(scope, outbox), outbox.c.state == ItemState.WAITING.value, _of(chain))
        .distinct()
    )
    return [(Channel(row.channel), row.destination) for row in connection.execute(query)]


def any_due(
    scope: Scope,
    connection: Connection,
    lane: Lane,
    *,
    now: datetime,
    lease: Lease,
    longest: timedelta,
    chain: str | None = None,
) -> bool:
    """Whether `lease_items` would find anything; this one only reads."""
    due = _may_go(scope, lane, now=now, lease=lease, longest=longest) & _of(chain)
    return connection.execute(select(outbox.c.id).where(due).limit(1)).first() is not None


def _of(chain: str | None) -> ColumnElement[bool]:
    return outbox.c.chain == chain if chain is not None else true()


def _may_go(
    scope: Scope, lane: Lane, *, now: datetime, lease: Lease, longest: timedelta
) -> ColumnElement[bool]:
    """What of a lane may be sent now: due, not leased, and nothing has to go before it.

    Times further away than any pause or lease are of a clock that has been set back: they are over.
    """
    earlier = outbox.alias("earlier")
    before_it = exists().where(
        earlier.c.state == ItemState.WAITING.value,
        or_(
            and_(earlier.c.chain == outbox.c.chain, earlier.c.step < outbox.c.step),
            and_(
                earlier.c.event_id == outbox.c.event_id,
                earlier.c.channel == outbox.c.channel,
                earlier.c.destination == outbox.c.destination,
                earlier.c.id < outbox.c.id,
            ),
        ),
    )
    # An analyser may veto all the rest, so nobody loses patience with it: it is asked once and then undecided.
    unassessed = exists().where(
        earlier.c.state == ItemState.WAITING.value,
        earlier.c.chain == outbox.c.chain,
        earlier.c.step < outbox.c.step,
        earlier.c.channel == Channel.ANALYZER.value,
    )
    return and_(
        visible(scope, outbox),
        outbox.c.state == ItemState.WAITING.value,
        outbox.c.channel == lane[0].value,
        outbox.c.destination == lane[1],
        or_(outbox.c.due_at <= now, outbox.c.due_at > now + longest),
        or_(
            outbox.c.leased_until.is_(None),
            outbox.c.leased_until <= now,
            outbox.c.leased_until > now + lease.hold,
        ),
        ~unassessed,
        or_(~before_it, outbox.c.patient_until <= now, outbox.c.patient_until > now + longest),
    )


def lease_items(
    scope: Scope,
    connection: Connection,
    lane: Lane,
    *,
    now: datetime,
    lease: Lease,
    longest: timedelta,
    at_most: int,
    chain: str | None = None,
) -> list[StoredItem]:
    """Take what is longest due and count an attempt; nobody else is given it until the lease ends.

    Args:
        longest: the longest pause there is; an item that is due later than that from now is due, too.
        chain: only this one.
    """
    due = _may_go(scope, lane, now=now, lease=lease, longest=longest) & _of(chain)
    query = select(outbox.c.id).where(due).order_by(outbox.c.due_at, outbox.c.id).limit(at_most)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    ids = list(connection.execute(query).scalars())
    if not ids:
        return []
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(leased_by=lease.owner, leased_until=now + lease.hold, attempts=outbox.c.attempts + 1)
    )
    return _read(connection, outbox.c.id.in_(ids))


def renew_leases(
    scope: Scope, connection: Connection, ids: Collection[int], *, now: datetime, lease: Lease
) -> None:
    """Hold on to what is still being sent."""
    connection.execute(
        update(outbox)
        .where(visible(scope, outbox), outbox.c.id.in_(list(ids)), outbox.c.leased_by == lease.owner)
        .values(leased_until=now + lease.hold)
    )


def mark_sent(
    scope: Scope, connection: Connection, item: StoredItem, answer: Mapping[str, Any], *, now: datetime
) -> bool:
    """The receiver has it. False, and nothing changed, when somebody else has taken it over meanwhile."""
    return _settle(
        scope,
        connection,
        item,
        state=ItemState.SENT.value,
        settled_at=now,
        last_error=None,
        answer=dict(answer),
    )


def mark_failed(
    scope: Scope,
    connection: Connection,
    item: StoredItem,
    error: str,
    *,
    now: datetime,
    due_at: datetime | None,
) -> bool:
    """It did not arrive: try again at `due_at`, or give up when that is None. As `mark_sent`."""
    if due_at is None:
        return _settle(scope, connection, item, state=ItemState.DEAD.value, settled_at=now, last_error=error)
    return _settle(scope, connection, item, due_at=due_at, last_error=error)


def postpone(scope: Scope, connection: Connection, item: StoredItem, why: str, *, due_at: datetime) -> bool:
    """Not now, and no attempt was made. As `mark_sent`."""
    return _settle(scope, connection, item, due_at=due_at, last_error=why, attempts=outbox.c.attempts - 1)


def settle_with(
    scope: Scope, connection: Connection, ids: Collection[int], answer: Mapping[str, Any], *, now: datetime
) -> None:
    """Items that went along with another one, such as alerts in one mail."""
    connection.execute(
        update(outbox)
        .where(visible(scope, outbox), outbox.c.id.in_(list(ids)), outbox.c.state == ItemState.WAITING.value)
        .values(
            state=ItemState.SENT.value,
            settled_at=now,
            last_error=None,
            answer=dict(answer),
            leased_by=None,
            leased_until=None,
        )
    )


def cancel_items(
    scope: Scope,
    connection: Connection,
    reason: str,
    *,
    now: datetime,
    event_id: str | None = None,
    evidence_id: str | None = None,
) -> int:
    """Whatever still waits of an event or a piece of evidence is not sent any more; how many items."""
    if event_id is None and evidence_id is None:
        return 0
    query = update(outbox).where(visible(scope, outbox), outbox.c.state == ItemState.WAITING.value)
    if event_id is not None:
        query = query.where(outbox.c.event_id == event_id)
    if evidence_id is not None:
        query = query.where(outbox.c.evidence_id == evidence_id)
    cancelled = connection.execute(
        query.values(
            state=ItemState.CANCELLED.value,
            settled_at=now,
            last_error=reason,
            leased_by=None,
            leased_until=None,
        )
    )
    return cancelled.rowcount


def point_to(scope: Scope, connection: Connection, *, event_id: str, chain: str, evidence_id: str) -> None:
    """What still waits of an event shows its new evidence, which has taken the place of an older one."""
    connection.execute(
        update(outbox)
        .where(
            visible(scope, outbox),
            outbox.c.state == ItemState.WAITING.value,
            outbox.c.event_id == event_id,
            outbox.c.chain == chain,
        )
        .values(evidence_id=evidence_id)
    )


def hurry(scope: Scope, connection: Connection, lane: Lane, *, now: datetime) -> None:
    """The receiver takes something again: what failed before and waits for it is due now."""
    connection.execute(
        update(outbox)
        .where(
            visible(scope, outbox),
            outbox.c.state == ItemState.WAITING.value,
            outbox.c.channel == lane[0].value,
            outbox.c.destination == lane[1],
            outbox.c.attempts > 0,
            outbox.c.due_at > now,
        )
        .values(due_at=now)
    )


def all_due(scope: Scope, connection: Connection, *, now: datetime) -> int:
    """The clock was set, so that times of waiting mean nothing: all is due. How many items."""
    changed = connection.execute(
        update(outbox)
        .where(
            visible(scope, outbox),
            outbox.c.state == ItemState.WAITING.value,
            outbox.c.due_at > now,
        )
        .values(due_at=now)
    )
    return changed.rowcount


def retry_items(
    scope: Scope, connection: Connection, *, now: datetime, ids: Collection[int] | None = None
) -> int:
    """Take up again what was given up (or, with `ids`, also what waits for a later try); how many items."""
    query = update(outbox).where(visible(scope, outbox))
    if ids is None:
        query = query.where(outbox.c.state == ItemState.DEAD.value)
    else:
        query = query.where(
            outbox.c.id.in_(list(ids)),
            outbox.c.state.in_([ItemState.DEAD.value, ItemState.WAITING.value]),
        )
    changed = connection.execute(
        query.values(
            state=ItemState.WAITING.value,
            attempts=0,
            due_at=now,
            settled_at=None,
            leased_by=None,
            leased_until=None,
        )
    )
    return changed.rowcount


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
    wanted: list[ColumnElement[bool]] = [visible(scope, outbox)]
    if states:
        wanted.append(outbox.c.state.in_([state.value for state in states]))
    if channel is not None:
        wanted.append(outbox.c.channel == channel.value)
    if settled_after is not None:
        wanted.append(outbox.c.settled_at > settled_after)
    given = {"venue_id": venue_id, "chain": chain, "event_id": event_id, "evidence_id": evidence_id}
    wanted += [outbox.c[name] == value for name, value in given.items() if value is not None]
    return _read(connection, and_(*wanted), limit=limit, offset=offset)


def get_item(scope: Scope, connection: Connection, item_id: int) -> StoredItem | None:
    """One item, None when there is none in the scope."""
    found = _read(connection, and_(visible(scope, outbox), outbox.c.id == item_id))
    return found[0] if found else None


def items_of_events(
    scope: Scope, connection: Connection, event_ids: Iterable[str], channels: Collection[Channel]
) -> dict[str, list[StoredItem]]:
    """What has left or is to leave of these events on some channels, by event id, oldest first."""
    ids = list(event_ids)
    found: dict[str, list[StoredItem]] = {}
    for first in range(0, len(ids), PAGE):
        condition = and_(
            visible(scope, outbox),
            outbox.c.event_id.in_(ids[first : first + PAGE]),
            outbox.c.channel.in_([channel.value for channel in channels]),
        )
        for item in _read(connection, condition):
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


def _settle(scope: Scope, connection: Connection, item: StoredItem, **values: Any) -> bool:
    demand(scope, item.venue_id)
    changed = connection.execute(
        update(outbox)
        .where(
            outbox.c.id == item.id,
            outbox.c.state == ItemState.WAITING.value,
            outbox.c.leased_by == item.leased_by,
        )
        .values(leased_by=None, leased_until=None, **values)
    )
    return changed.rowcount > 0


def _read(
    connection: Connection, condition: ColumnElement[bool], *, limit: int | None = None, offset: int = 0
) -> list[StoredItem]:
    query = select(outbox).where(condition).order_by(outbox.c.id).limit(limit).offset(offset)
    return [
        StoredItem(**{**row._mapping, "channel": Channel(row.channel), "state": ItemState(row.state)})
        for row in connection.execute(query)
    ]
