"""What the ledger and the alerts tell of a delivery. Ids and hashes only: no address, no name, no text."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from sightline.domain.outbox import Channel
from sightline.domain.scope import Scope
from sightline.errors import AlteredFile
from sightline.evidence.chain import EVIDENCE
from sightline.store.alerts import clear_alert, raise_alert
from sightline.store.ledger import add_entry
from sightline.store.outbox_items import StoredItem

INTEGRITY_FAILURE = "integrity_failure"


def note_sent(
    scope: Scope,
    connection: Connection,
    item: StoredItem,
    action: str,
    facts: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
) -> None:
    """It arrived."""
    _enter(scope, connection, item, action, {"attempts": item.attempts, **facts}, actor, at)
    if item.channel not in (Channel.UPLOAD, Channel.HOSTED):
        return
    clear_alert(
        scope,
        connection,
        venue_id=item.venue_id,
        alert_type=INTEGRITY_FAILURE,
        subject=_subject(item),
        at=at,
    )


def note_copy_differs(
    scope: Scope, connection: Connection, item: StoredItem, reason: str, *, actor: str, at: datetime
) -> None:
    """What the receiver holds is not what was sent: an incident of its own. It is tried again."""
    _enter(scope, connection, item, "copy_differs", {"attempts": item.attempts}, actor, at)
    _alarm(scope, connection, item, "The copy at the receiver differs from the clip", reason, at)


def note_given_up(
    scope: Scope, connection: Connection, item: StoredItem, error: Exception, *, actor: str, at: datetime
) -> None:
    """It is not tried again by itself."""
    altered = isinstance(error, AlteredFile)
    action = "integrity_failed" if altered else "given_up"
    _enter(scope, connection, item, action, {"attempts": item.attempts}, actor, at)
    if altered:
        _alarm(scope, connection, item, "A clip is not as it was sealed; it did not leave", str(error), at)


def _alarm(
    scope: Scope, connection: Connection, item: StoredItem, title: str, message: str, at: datetime
) -> None:
    raise_alert(
        scope,
        connection,
        venue_id=item.venue_id,
        alert_type=INTEGRITY_FAILURE,
        severity="critical",
        title=title,
        message=message,
        subject=_subject(item),
        data={"evidence_id": item.evidence_id, "event_id": item.event_id},
        at=at,
    )


def _subject(item: StoredItem) -> str:
    return item.evidence_id or item.chain


def _enter(
    scope: Scope,
    connection: Connection,
    item: StoredItem,
    action: str,
    facts: Mapping[str, Any],
    actor: str,
    at: datetime,
) -> None:
    add_entry(
        scope,
        connection,
        venue_id=item.venue_id,
        at=at,
        action=action,
        subject_kind=EVIDENCE if item.evidence_id is not None else "delivery",
        subject_id=item.evidence_id or item.chain,
        actor=actor,
        facts={"channel": item.channel.value, "to": item.destination, "key": item.key, **facts},
    )
