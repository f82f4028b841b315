"""Legal holds, and which sealed clips nothing keeps here any more."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Text, exists, select, type_coerce, update

from sightline.domain.delivery import Proof
from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.store.delivery_tables import outbox, private_link
from sightline.store.evidence import StoredEvidence, get_evidence
from sightline.store.statements import demand, visible
from sightline.store.tables import evidence

VIDEO_HOST = "hosted"
"""The destination of clips whose copy at the far end lives for some hours only."""


def hold_evidence(
    scope: Scope, connection: Connection, evidence_id: str, *, by: str, reason: str, at: datetime
) -> bool:
    """Keep it from every retention until the hold is lifted. False when there is none, or it is held already.

    Raises:
        StoreError: outside the scope.
    """
    return _change(
        scope,
        connection,
        evidence_id,
        evidence.c.held_at.is_(None) & (evidence.c.state != "deleted"),
        held_at=at,
        held_by=by,
        hold_reason=reason,
    )


def lift_hold(scope: Scope, connection: Connection, evidence_id: str) -> bool:
    """Retention may touch it again. False when there is none, or no hold on it.

    Raises:
        StoreError: outside the scope.
    """
    return _change(
        scope,
        connection,
        evidence_id,
        evidence.c.held_at.is_not(None),
        held_at=None,
        held_by=None,
        hold_reason=None,
    )


def mark_moved(scope: Scope, connection: Connection, evidence_id: str, *, at: datetime) -> bool:
    """Its clips go from here: a compared copy lies at the far end. False when it is not sealed, or moved.

    Raises:
        StoreError: outside the scope.
    """
    here = (evidence.c.state == "sealed") & evidence.c.moved_at.is_(None)
    return _change(scope, connection, evidence_id, here, moved_at=at)


def may_go(scope: Scope, connection: Connection, evidence_id: str, *, now: datetime) -> bool:
    """Whether nothing keeps its clips here: no hold, nothing still to be sent, no link that is alive."""
    query = select(evidence.c.id).where(evidence.c.id == evidence_id, visible(scope, evidence), _free(now))
    return connection.execute(query).first() is not None


def expired_evidence(
    scope: Scope, connection: Connection, *, before: datetime, now: datetime, limit: int
) -> list[StoredEvidence]:
    """Evidence sealed before a time (or missing since then) that nothing keeps, oldest first.

    What was to be erased while a hold kept it is due at once.
    """
    settled = (evidence.c.sealed_at < before) | (
        (evidence.c.state == "missing") & (evidence.c.created_at < before)
    )
    due = settled | evidence.c.erase_asked_at.is_not(None)
    return _found(scope, connection, due & evidence.c.state.in_(["sealed", "missing"]), now, limit)


def delivered_evidence(
    scope: Scope, connection: Connection, *, now: datetime, limit: int
) -> list[StoredEvidence]:
    """Sealed evidence whose clips lie here although a compared copy was uploaded, and that nothing keeps.

    A masked copy is no copy of the clip, and what was not compared may be anything: such are left out here,
    or the first hundred of them would hide all others for ever. So is what went to a video host, where it
    expires.
    """
    answer = type_coerce(outbox.c.answer, Text)  # canonical JSON: no blanks, and quotes in values are escaped
    uploaded = exists().where(
        outbox.c.evidence_id == evidence.c.id,
        outbox.c.channel == Channel.UPLOAD.value,
        outbox.c.state == ItemState.SENT.value,
        outbox.c.destination != VIDEO_HOST,
        answer.contains('"original":true'),
        ~answer.contains(f'"proof":"{Proof.NONE.value}"'),
    )
    # What was given up may be retried by a person, and would then find no clip.
    given_up = exists().where(outbox.c.evidence_id == evidence.c.id, outbox.c.state == ItemState.DEAD.value)
    here = (evidence.c.state == "sealed") & evidence.c.moved_at.is_(None)
    return _found(scope, connection, here & uploaded & ~given_up, now, limit)


def _free(now: datetime) -> ColumnElement[bool]:
    waiting = exists().where(outbox.c.evidence_id == evidence.c.id, outbox.c.state == ItemState.WAITING.value)
    linked = exists().where(
        private_link.c.evidence_id == evidence.c.id,
        private_link.c.revoked_at.is_(None),
        private_link.c.expires_at > now,
    )
    return evidence.c.held_at.is_(None) & ~waiting & ~linked


def _found(
    scope: Scope, connection: Connection, condition: ColumnElement[bool], now: datetime, limit: int
) -> list[StoredEvidence]:
    query = (
        select(evidence.c.id)
        .where(visible(scope, evidence), condition, _free(now))
        .order_by(evidence.c.sealed_at, evidence.c.id)
        .limit(limit)
    )
    found = (get_evidence(scope, connection, one) for one in connection.execute(query).scalars().all())
    return [one for one in found if one is not None]


def _change(
    scope: Scope,
    connection: Connection,
    evidence_id: str,
    condition: ColumnElement[bool],
    **values: object,
) -> bool:
    row = connection.execute(select(evidence.c.venue_id).where(evidence.c.id == evidence_id)).one_or_none()
    if row is None:
        return False
    demand(scope, row.venue_id)
    changed = connection.execute(
        update(evidence).where(evidence.c.id == evidence_id, condition).values(**values)
    )
    return changed.rowcount > 0
