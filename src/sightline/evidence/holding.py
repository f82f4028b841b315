"""Legal holds: a person keeps a piece of evidence from every retention, and lets it go again.

Who did it and when stands in the ledger for ever; why stands in the row, where it can be erased.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.chain import EVIDENCE
from sightline.store import evidence as evidence_store
from sightline.store import keeping, ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence


def hold(
    database: Database, scope: Scope, evidence_id: str, *, by: str, reason: str, at: datetime
) -> StoredEvidence:
    """Keep it until the hold is lifted; the evidence as it stands then.

    Args:
        by: who asks for it, for row and ledger.
        reason: in words; stays in the row.

    Raises:
        EvidenceError: there is none, its clips went already, it is held already, or no reason is given.
    """
    reason = reason.strip()
    if not reason:
        raise EvidenceError("a hold needs a reason: whoever lifts it one day has nothing else to go by")
    with database.transaction() as connection:
        found = _found(scope, connection, evidence_id)
        if found.state == "deleted":
            raise EvidenceError(
                f"evidence {evidence_id} is gone ({found.failure or 'it was deleted'}): nothing to hold"
            )
        if not keeping.hold_evidence(scope, connection, evidence_id, by=by, reason=reason, at=at):
            raise EvidenceError(
                f"evidence {evidence_id} is on hold already, since {found.held_at:%Y-%m-%d %H:%M} UTC:"
                f" {found.hold_reason}"
            )
        _enter(scope, connection, found, "held", by, at)
        return _found(scope, connection, evidence_id)


def release(database: Database, scope: Scope, evidence_id: str, *, by: str, at: datetime) -> StoredEvidence:
    """Lift the hold: retention may take it when its time is over, which may be at once.

    Raises:
        EvidenceError: there is no such evidence, or no hold on it.
    """
    with database.transaction() as connection:
        found = _found(scope, connection, evidence_id)
        if not keeping.lift_hold(scope, connection, evidence_id):
            raise EvidenceError(f"evidence {evidence_id} is not on hold")
        _enter(scope, connection, found, "released_hold", by, at)
        return _found(scope, connection, evidence_id)


class Holds:
    """Holds of a site, for programs and pages."""

    def __init__(
        self, database: Database, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._clock = clock

    def put(self, evidence: StoredEvidence, *, by: str, reason: str) -> dict[str, Any]:
        """As `hold`; what is told of it."""
        scope = Scope.of(evidence.venue_id)
        return _told(hold(self._database, scope, evidence.id, by=by, reason=reason, at=self._clock()))

    def lift(self, evidence: StoredEvidence, *, by: str) -> dict[str, Any]:
        """As `release`; what is told of it."""
        scope = Scope.of(evidence.venue_id)
        return _told(release(self._database, scope, evidence.id, by=by, at=self._clock()))


def _told(one: StoredEvidence) -> dict[str, Any]:
    held = None
    if one.held_at is not None:
        held = {"since": one.held_at.isoformat(), "by": one.held_by, "reason": one.hold_reason}
    return {"evidence_id": one.id, "held": held}


def _found(scope: Scope, connection: Connection, evidence_id: str) -> StoredEvidence:
    found = evidence_store.get_evidence(scope, connection, evidence_id)
    if found is None:
        raise EvidenceError(f"there is no evidence {evidence_id!r}; sightline evidence list shows all")
    return found


def _enter(
    scope: Scope, connection: Connection, one: StoredEvidence, action: str, by: str, at: datetime
) -> None:
    ledger.add_entry(
        scope,
        connection,
        venue_id=one.venue_id,
        at=at,
        action=action,
        subject_kind=EVIDENCE,
        subject_id=one.id,
        actor=by,
        facts={"event_id": one.event_id, "manifest_sha256": one.manifest_sha256},
    )
