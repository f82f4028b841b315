"""Clips that events need: wanted, then sealed (or missing, or deleted).

`wanted` rows are made (`claims.py`) in the transaction that stores the event, so a kill leaves work to finish
and never an event without a claim to its footage. A file that no part names is left over: remove it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, delete, exists, insert, select, update

from sightline.domain.scope import Scope
from sightline.store.edge_marks import mark_evidence
from sightline.store.events import PAGE
from sightline.store.statements import demand, visible
from sightline.store.tables import camera_gap, evidence, evidence_part, recording_segment, run

FINAL, PROVISIONAL = "final", "provisional"
PATIENCE = timedelta(seconds=30)
"""How long footage that an interrupted camera had not put down yet may take to arrive."""

GROWN = timedelta(seconds=1.5)
"""How long a picture of a live camera takes to lie on the disk: fragments of a second are written whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvidencePart:
    """One file of a piece of evidence.

    Attributes:
        part: 0 for the first.
        file_name: name within `segments/<venue>/<camera>/`.
        wanted_from, wanted_until: capture span asked for.
        sha256, size_bytes, starts_at, ends_at: of the file as sealed; None until then. The file starts at the
            key frame at or before `wanted_from`.
        viewing_copy: name of a converted copy where no browser plays the original.
    """

    part: int
    file_name: str
    wanted_from: datetime
    wanted_until: datetime
    sha256: str | None = None
    size_bytes: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    viewing_copy: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvidence:
    """The footage of one event (or, without `event_id`, a clip that a person asked for).

    Attributes:
        incident_id: ours, told to others; stays the same from the first day.
        state: wanted, sealed, missing (see `failure`) or deleted.
        manifest: canonical JSON exactly as signed, None until sealed.
        stage: `provisional` for the clip of an event that is told while it lasts; when it has ended, `final`
            evidence of its own follows, of the same incident.
        held_at, held_by, hold_reason: of a legal hold; None without one.
        moved_at: when the clips went from here, because a compared copy lies at the far end; None: they are
            here.
        note: why a person asked for this clip, in their words; never told outside, nor in the ledger.
        erase_asked_at: when somebody it shows was erased, while a hold kept it; None: nobody was.
        parts: in order; none when missing from the start.
    """

    id: str
    event_id: str | None
    venue_id: str
    camera_id: str
    incident_id: str
    reason: str
    wanted_from: datetime
    wanted_until: datetime
    state: str
    created_at: datetime
    sealed_at: datetime | None = None
    manifest: str | None = None
    manifest_sha256: str | None = None
    signature: str | None = None
    key_id: str | None = None
    failure: str | None = None
    stage: str = FINAL
    held_at: datetime | None = None
    held_by: str | None = None
    hold_reason: str | None = None
    moved_at: datetime | None = None
    note: str | None = None
    erase_asked_at: datetime | None = None
    parts: tuple[StoredEvidencePart, ...] = ()

    def part_rows(self, parts: Sequence[StoredEvidencePart]) -> list[dict[str, Any]]:
        """`parts` as rows of the table `evidence_part`."""
        where = {"evidence_id": self.id, "venue_id": self.venue_id, "camera_id": self.camera_id}
        return [where | asdict(part) for part in parts]


def wanted_evidence(
    scope: Scope, connection: Connection, *, venue_id: str | None = None, camera_id: str | None = None
) -> list[StoredEvidence]:
    """Claims not yet answered, oldest first."""
    return list_evidence(scope, connection, venue_id=venue_id, camera_id=camera_id, state="wanted")


def ripe_evidence(scope: Scope, connection: Connection, *, now: datetime) -> list[StoredEvidence]:
    """Claims whose footage is complete, should be by now, or is as complete as it will get; oldest first.

    Complete: a recorded segment of the camera ends at or after the end of what is wanted. Should be: the file
    that a live camera is recording ought to hold it, `GROWN` after it was taken; whoever cuts finds out, and
    may find that it is not there yet (`footage_to_come`). As complete as it will get: `PATIENCE` has passed
    since the claim and since its end, and the camera is in a gap or no live run of it is going on.

    Args:
        now: wall clock, aware.
    """
    ripeness = _ripeness(now)
    growing = (
        ripeness.running & ~ripeness.in_gap & ~ripeness.waited & (evidence.c.wanted_until <= now - GROWN)
    )
    query = select(evidence).where(
        visible(scope, evidence),
        evidence.c.state == "wanted",
        ripeness.recorded | ripeness.given_up | growing,
    )
    return _read(connection, query.order_by(evidence.c.wanted_from, evidence.c.id))


def footage_to_come(scope: Scope, connection: Connection, evidence_id: str, *, now: datetime) -> bool:
    """Whether more footage of a claim may arrive than the recorded segments hold.

    So it is while a live run of its camera goes on, or has ended less than `PATIENCE` ago, and no segment
    reaches the end of what is wanted, and it is not given up as `ripe_evidence` says.
    """
    ripeness = _ripeness(now)
    query = select(evidence.c.id).where(
        visible(scope, evidence),
        evidence.c.id == evidence_id,
        ripeness.just_ran,
        ~ripeness.recorded,
        ~ripeness.given_up,
    )
    return connection.execute(query).one_or_none() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ripeness:
    """What can be said of a row of `evidence` at one moment, in SQL."""

    recorded: ColumnElement[bool]
    running: ColumnElement[bool]
    just_ran: ColumnElement[bool]
    in_gap: ColumnElement[bool]
    waited: ColumnElement[bool]

    @property
    def given_up(self) -> ColumnElement[bool]:
        return self.waited & (self.in_gap | ~self.running)


def _ripeness(now: datetime) -> _Ripeness:
    of_camera = {
        other: (other.c.venue_id == evidence.c.venue_id) & (other.c.camera_id == evidence.c.camera_id)
        for other in (recording_segment, camera_gap, run)
    }
    live = of_camera[run] & (run.c.kind == "live")
    return _Ripeness(
        recorded=exists().where(
            of_camera[recording_segment], recording_segment.c.ended_at >= evidence.c.wanted_until
        ),
        running=exists().where(live, run.c.finished_at.is_(None)),
        just_ran=exists().where(live, run.c.finished_at.is_(None) | (run.c.finished_at > now - PATIENCE)),
        in_gap=exists().where(of_camera[camera_gap], camera_gap.c.ended_at.is_(None)),
        waited=(evidence.c.created_at <= now - PATIENCE) & (evidence.c.wanted_until <= now - PATIENCE),
    )


def seal_evidence(
    scope: Scope,
    connection: Connection,
    evidence_id: str,
    *,
    manifest: str,
    manifest_sha256: str,
    signature: str,
    key_id: str,
    sealed_at: datetime,
    parts: Sequence[StoredEvidencePart],
) -> bool:
    """Note that the files are whole, hashed and signed for. The ledger entry belongs in the same transaction.

    Args:
        manifest: canonical JSON exactly as signed.
        parts: as claimed, with what is known of the files.

    Returns:
        False when this is no longer wanted (its event was replaced meanwhile): remove the files.

    Raises:
        StoreError: outside the scope.
    """
    values = {
        "state": "sealed",
        "manifest": manifest,
        "manifest_sha256": manifest_sha256,
        "signature": signature,
        "key_id": key_id,
        "sealed_at": sealed_at,
        "failure": None,
    }
    claim = _settle(scope, connection, evidence_id, ("wanted",), values)
    if claim is None:
        return False
    connection.execute(delete(evidence_part).where(evidence_part.c.evidence_id == evidence_id))
    rows = claim.part_rows(parts)
    if rows:
        connection.execute(insert(evidence_part), rows)
    return True


def mark_missing(scope: Scope, connection: Connection, evidence_id: str, *, failure: str) -> bool:
    """Note that the wanted footage cannot be had, and why. False when this is not wanted.

    Raises:
        StoreError: outside the scope.
    """
    values = {"state": "missing", "failure": failure}
    return _settle(scope, connection, evidence_id, ("wanted",), values) is not None


def mark_deleted(
    scope: Scope, connection: Connection, evidence_id: str, *, failure: str | None = None
) -> bool:
    """Note that the files go; row, manifest and parts stay for the tombstone. False when unknown.

    Raises:
        StoreError: outside the scope.
    """
    values = {"state": "deleted", "failure": failure}
    return _settle(scope, connection, evidence_id, ("wanted", "sealed", "missing"), values) is not None


def list_evidence(
    scope: Scope,
    connection: Connection,
    *,
    venue_id: str | None = None,
    camera_id: str | None = None,
    state: str | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[StoredEvidence]:
    """Evidence by the start of its footage. `state` None: all, deleted ones too."""
    query = select(evidence).where(visible(scope, evidence)).order_by(evidence.c.wanted_from, evidence.c.id)
    if venue_id is not None:
        query = query.where(evidence.c.venue_id == venue_id)
    if camera_id is not None:
        query = query.where(evidence.c.camera_id == camera_id)
    if state is not None:
        query = query.where(evidence.c.state == state)
    return _read(connection, query.limit(limit).offset(offset))


def get_evidence(scope: Scope, connection: Connection, evidence_id: str) -> StoredEvidence | None:
    """One piece of evidence, in whatever state, or None when there is none in the scope."""
    found = _read(connection, select(evidence).where(evidence.c.id == evidence_id, visible(scope, evidence)))
    return found[0] if found else None


def evidence_of_events(
    scope: Scope, connection: Connection, event_ids: Iterable[str], *, stage: str | None = None
) -> dict[str, StoredEvidence]:
    """The evidence of each of these events that has any, deleted ones left out.

    Args:
        stage: `final` or `provisional`; None for the final one, and as long as there is none the provisional.
    """
    ids = list(event_ids)
    found: dict[str, StoredEvidence] = {}
    for first in range(0, len(ids), PAGE):
        query = select(evidence).where(
            evidence.c.event_id.in_(ids[first : first + PAGE]),
            evidence.c.state != "deleted",
            visible(scope, evidence),
        )
        if stage is not None:
            query = query.where(evidence.c.stage == stage)
        read = _read(connection, query)
        for wanted in (PROVISIONAL, FINAL):  # the final one takes the place of the other
            found |= {one.event_id: one for one in read if one.event_id is not None and one.stage == wanted}
    return found


def _read(connection: Connection, query: Select[Any]) -> list[StoredEvidence]:
    rows = connection.execute(query).all()
    parts = _parts(connection, [row.id for row in rows])
    return [StoredEvidence(**row._mapping, parts=tuple(parts.get(row.id, ()))) for row in rows]


def _parts(connection: Connection, evidence_ids: list[str]) -> dict[str, list[StoredEvidencePart]]:
    table = evidence_part
    found: dict[str, list[StoredEvidencePart]] = {}
    columns = [table.c[name] for name in StoredEvidencePart.__slots__]
    for first in range(0, len(evidence_ids), PAGE):
        chunk = evidence_ids[first : first + PAGE]
        query = select(table.c.evidence_id, *columns).where(table.c.evidence_id.in_(chunk))
        for row in connection.execute(query.order_by(table.c.evidence_id, table.c.part)):
            values = {name: row._mapping[name] for name in StoredEvidencePart.__slots__}
            found.setdefault(row.evidence_id, []).append(StoredEvidencePart(**values))
    return found


def _settle(
    scope: Scope, connection: Connection, evidence_id: str, states: tuple[str, ...], values: dict[str, Any]
) -> StoredEvidence | None:
    """Change a piece of evidence that is in one of `states`; None when there is no such one."""
    row = connection.execute(select(evidence.c.venue_id).where(evidence.c.id == evidence_id)).one_or_none()
    if row is None:
        return None
    demand(scope, row.venue_id)
    changed = connection.execute(
        update(evidence).where(evidence.c.id == evidence_id, evidence.c.state.in_(states)).values(**values)
    )
    if not changed.rowcount:
        return None
    mark_evidence(scope, connection, evidence_id)
    return get_evidence(scope, connection, evidence_id)
