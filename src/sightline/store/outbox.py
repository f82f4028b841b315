"""The outbox: what has still to leave the site, leased by whoever sends it, and what became of the rest.

Rows are inserted in the transaction of what they tell of. A lease ends by itself, so a worker that was killed
holds nothing up for long; whoever settles a row must still hold its lease.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select, true, update

from sightline.domain.outbox import PATIENCE, Channel, ItemState, OutboxItem
from sightline.domain.scope import Scope
from sightline.store.delivery_tables import outbox
from sightline.store.edge_marks import mark_events
from sightline.store.outbox_items import Lane, StoredItem, read_items
from sightline.store.statements import demand, dialect_of, lease_over, visible

OF_THE_VIDEO = (Channel.UPLOAD, Channel.INCIDENT)
"""Channels whose items say where the video of an event is (`domain.video_evidence`)."""


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
        new += len(connection.execute(statement.returning(outbox.c.id)).all())
    about = {item.event_id for item in items if item.event_id and item.channel in OF_THE_VIDEO}
    mark_events(scope, connection, about)
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
    # An analyser may veto all the rest, also what is told at the end of its event, so nobody loses patience
    # with it: it is asked once and then undecided.
    unassessed = exists().where(
        earlier.c.state == ItemState.WAITING.value,
        or_(earlier.c.chain == outbox.c.chain, earlier.c.event_id == outbox.c.event_id),
        earlier.c.step < outbox.c.step,
        earlier.c.channel == Channel.ANALYZER.value,
    )
    return and_(
        visible(scope, outbox),
        outbox.c.state == ItemState.WAITING.value,
        outbox.c.channel == lane[0].value,
        outbox.c.destination == lane[1],
        or_(outbox.c.due_at <= now, outbox.c.due_at > now + longest),
        or_(outbox.c.leased_until.is_(None), lease_over(outbox.c.leased_until, now=now, hold=lease.hold)),
        ~unassessed,
        or_(~before_it, outbox.c.patient_until <= now, outbox.c.patient_until > now + PATIENCE),
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
    return read_items(scope, connection, outbox.c.id.in_(ids))


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
) -> int:
    """Items that went along with another one, such as alerts in one mail; how many still waited."""
    settled = connection.execute(
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
    return settled.rowcount


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
        ).returning(outbox.c.event_id)
    )
    about = list(cancelled.scalars())
    mark_events(scope, connection, {one for one in about if one})
    return len(about)


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
    if changed.rowcount and item.event_id and item.channel in OF_THE_VIDEO:
        mark_events(scope, connection, [item.event_id])
    return changed.rowcount > 0
