"""Clips that a person asks for: any stretch that was recorded, sealed like every other."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.canonical import utc_text
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.sealing import EvidenceSealer
from sightline.store import claims, ledger, recordings
from sightline.store import evidence as evidence_store
from sightline.store.clips import SHORTEST, ClipRule
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence

LONGEST = timedelta(hours=6)
"""More in one piece is a slip of the pen; ask for several."""


AT_ONCE = timedelta(minutes=10)
"""So much is cut within a second or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What is asked for, in capture time, aware."""

    venue_id: str
    camera_id: str
    since: datetime
    until: datetime


def cut_stretch(
    database: Database,
    scope: Scope,
    stretch: Stretch,
    *,
    sealer: EvidenceSealer,
    rule: ClipRule,
    by: str,
    reason: str,
    now: datetime,
) -> StoredEvidence:
    """Claim, cut and seal a stretch of recorded footage; whatever else the camera wants is sealed along.

    Args:
        rule: how long one part may be.
        by: who asks, for the ledger.
        reason: in words; stays in the row.

    Returns:
        the evidence: `sealed`, or still `wanted` while a camera is recording the end of it: then `serve`
        seals it.

    Raises:
        EvidenceError: nothing of it was recorded, or it is too short, too long or still to come.
        DiskFull, StoreError: what was claimed is made at the next sealing.
    """
    claim = claim_stretch(database, scope, stretch, rule=rule, by=by, reason=reason, now=now)
    sealer.seal_all(claim.venue_id, claim.camera_id)
    return _settled(database, scope, claim, stretch)


def cut_only(
    database: Database,
    scope: Scope,
    stretch: Stretch,
    *,
    sealer: EvidenceSealer,
    rule: ClipRule,
    by: str,
    reason: str,
    now: datetime,
) -> StoredEvidence:
    """`cut_stretch` for a caller who waits: nothing else is sealed along, and more than `AT_ONCE` is left to
    `serve`, which seals it within a minute.

    Raises: as `cut_stretch`.
    """
    claim = claim_stretch(database, scope, stretch, rule=rule, by=by, reason=reason, now=now)
    if stretch.until - stretch.since <= AT_ONCE:
        sealer.seal_all(claim.venue_id, claim.camera_id, only={claim.id}, clean_up=False)
    return _settled(database, scope, claim, stretch)


def claim_stretch(
    database: Database,
    scope: Scope,
    stretch: Stretch,
    *,
    rule: ClipRule,
    by: str,
    reason: str,
    now: datetime,
) -> StoredEvidence:
    """Want a stretch of recorded footage as evidence; it is cut at the next sealing.

    Args: as `cut_stretch`.

    Raises:
        EvidenceError: nothing of it was recorded, or it is too short, too long or still to come.
        StoreError: outside the scope.
    """
    if not reason.strip():
        raise EvidenceError("a clip that a person asks for needs a reason")
    _check(stretch, now)
    with database.transaction() as connection:
        if not recordings.segments_between(
            scope, connection, stretch.venue_id, stretch.camera_id, stretch.since, stretch.until
        ):
            raise EvidenceError(
                f"nothing is recorded of camera {stretch.camera_id!r} from {utc_text(stretch.since)}"
                f" to {utc_text(stretch.until)}; {_what_is_recorded(scope, connection, stretch)}"
            )
        claim = claims.want_clip(
            scope,
            connection,
            venue_id=stretch.venue_id,
            camera_id=stretch.camera_id,
            wanted_from=stretch.since,
            wanted_until=stretch.until,
            rule=rule,
            note=reason.strip(),
            at=now,
        )
        ledger.add_entry(
            scope,
            connection,
            venue_id=claim.venue_id,
            at=now,
            action="requested",
            subject_kind=EVIDENCE,
            subject_id=claim.id,
            actor=by,
            facts={
                "camera_id": claim.camera_id,
                "from": utc_text(stretch.since),
                "until": utc_text(stretch.until),
            },
        )
    return claim


def _settled(database: Database, scope: Scope, claim: StoredEvidence, stretch: Stretch) -> StoredEvidence:
    """What has become of the claim."""
    with database.reading() as connection:
        settled = evidence_store.get_evidence(scope, connection, claim.id) or claim
    if settled.state not in ("sealed", "wanted"):
        raise EvidenceError(
            f"no clip of {utc_text(stretch.since)} to {utc_text(stretch.until)}:"
            f" {settled.failure or settled.state}"
        )
    return settled


def _what_is_recorded(scope: Scope, connection: Connection, stretch: Stretch) -> str:
    """The nearest footage on either side, for who has the wrong hour in mind."""
    before, after = recordings.nearest_footage(
        scope, connection, stretch.venue_id, stretch.camera_id, stretch.since
    )
    words = []
    if before is not None:
        words.append(f"the footage before that ends at {utc_text(before)}")
    if after is not None:
        words.append(f"the footage after that begins at {utc_text(after)}")
    return ", ".join(words) or "nothing of it is recorded at all"


def _check(stretch: Stretch, now: datetime) -> None:
    length = stretch.until - stretch.since
    if length < SHORTEST:
        raise EvidenceError(
            f"from {utc_text(stretch.since)} to {utc_text(stretch.until)} are"
            f" {length.total_seconds():g} s; a clip has at least {SHORTEST.total_seconds():g} s"
        )
    if length > LONGEST:
        hours = LONGEST / timedelta(hours=1)
        raise EvidenceError(f"that is more than {hours:g} hours in one clip; ask for it in pieces")
    if stretch.until > now:
        raise EvidenceError(f"{utc_text(stretch.until)} is still to come; now is {utc_text(now)}")
