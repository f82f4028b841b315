"""Erasing one person everywhere: what is known of them, the clips that show them, the way back to both.

1. A note in `data_dir/erasures` says that deleted bytes will have to go from the database's files, and which
   folders of results have to go, since they may hold a copy of a clip, or name the person.
2. One transaction: stays, visits, profile and templates go; evidence becomes `deleted` with a tombstone in
   the ledger, unless a hold keeps it; links to it are revoked, what waits to be sent is cancelled; the signed
   receipt is entered.
3. The clips' files go, the ledger is sealed, the folders go (the next analysis writes them again), the
   database is written anew without what was deleted. Then the note goes.

Killed before 2 has committed, nothing has changed. Killed later, cleaning removes the files that no row wants
and housekeeping does what the note asks for.
"""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import Connection

from sightline.domain.outbox import ItemState
from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.evidence.canonical import JsonObject
from sightline.evidence.case_zip import EXPORTED
from sightline.evidence.chain import ERASED, EVIDENCE
from sightline.evidence.erasure_receipt import (
    Copy,
    Removed,
    copies_of,
    pseudonym_hash,
    receipt_of,
    sign_receipt,
)
from sightline.evidence.keys import Signer
from sightline.evidence.ledger import seal_ledger
from sightline.evidence.local_copies import WHY_ERASED, files_to_go, remove_files
from sightline.store import evidence as evidence_store
from sightline.store import (
    face_templates,
    ledger,
    outbox,
    outbox_items,
    person_traces,
    private_links,
    seen_boxes,
    stays,
)
from sightline.store.columns import EPOCH, MICROSECOND
from sightline.store.database import Database
from sightline.store.delivery_tables import outbox as outbox_table
from sightline.store.delivery_tables import private_link
from sightline.store.edge_hours import told_centre
from sightline.store.evidence import StoredEvidence
from sightline.store.identity_tables import face_template
from sightline.store.overwriting import overwrite_deleted
from sightline.store.person_traces import CameraSpan
from sightline.store.review_tables import seen_boxes as seen_boxes_table
from sightline.store.tables import evidence as evidence_table
from sightline.store.told_stay import ToldStay
from sightline.store.visitor_tables import hour_rollup, label_rollup, stay, visit, visitor, visitor_day
from sightline.store.visitors import get_visitor
from sightline.video.disk import PART_SUFFIX

log = structlog.get_logger()

VISITOR_ERASED = "visitor_erased"
"""What the ledger calls it, of the subject `visitor`: the hash of the pseudonym."""

PERSONAL = (
    *(stay, visit, visitor, visitor_day, hour_rollup, label_rollup, face_template),
    *(evidence_table, outbox_table, private_link, seen_boxes_table),
)
"""Tables in which an erasure deletes or changes rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was done.

    Attributes:
        receipt: JSON values; see `erasure_receipt.receipt_of`.
        signature: of the receipt's canonical JSON by the site's key, base64.
        overwritten: whether nothing of it is left in the files of the database either; False: that is done
            by housekeeping as soon as nobody holds the database.
    """

    receipt: JsonObject
    signature: str
    overwritten: bool


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the clips that show a person came to."""

    deleted: list[StoredEvidence]
    held: list[StoredEvidence]
    elsewhere: list[Copy]
    files: list[Path]
    links: int
    deliveries: int


class Erasure:
    """Erases people of a site.

    Args:
        segments_dir: of the site's clips.
        results_dir: of the results of analyses, in `<venue>/<camera>/`.
        notes_dir: where it is noted what is still to be done.
        signer: the site's key, asked for the venue whose ledger is written.
        keep_recordings: how long recorded files stay.
    """

    def __init__(
        self,
        database: Database,
        *,
        segments_dir: Path,
        results_dir: Path,
        notes_dir: Path,
        signer: Callable[[str], Signer],
        keep_recordings: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._segments_dir = segments_dir
        self._results_dir = results_dir
        self._notes_dir = notes_dir
        self._signer = signer
        self._keep_recordings = keep_recordings
        self._clock = clock

    def erase(self, scope: Scope, venue_id: str, pseudo_id: str, *, by: str) -> Erased | None:
        """Erase one person; None when the venue knows nobody of this pseudonym.

        Args:
            by: who asks for it, for ledger and receipt.

        Raises:
            EvidenceError: the site's key is gone or another one: nothing was erased.
            StoreError, DiskFull, ConfigError: nothing was erased.
        """
        with self._database.reading() as connection:
            if get_visitor(scope, connection, venue_id, pseudo_id) is None:
                return None
        signer, receipt_id = self._signer(venue_id), str(uuid4())
        self._notes_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self._notes_dir / receipt_id).touch()
        with self._database.transaction() as connection:
            told = stays.stays_of_visitor(scope, connection, venue_id, pseudo_id)
            if told is None:  # erased by somebody else meanwhile
                return None
            now = self._clock()
            spans = camera_spans(told)
            cameras = sorted({f"{venue_id}/{span.camera_id}" for span in spans})
            (self._notes_dir / receipt_id).write_text("\n".join(cameras))
            shown = self._take_clips(scope, connection, venue_id, told, spans, by=by, now=now)
            recorded = person_traces.recorded_until(scope, connection, venue_id, spans)
            person = get_visitor(scope, connection, venue_id, pseudo_id)
            removed = Removed(
                stays=len(told),
                visits=person.visits if person is not None else 0,
                tracks=len(_tracks(told)),
                templates=face_templates.forget_templates(scope, connection, venue_id, pseudo_id),
                evidence=len(shown.deleted),
                files=len(shown.files),
                links=shown.links,
                deliveries=shown.deliveries,
            )
            mine = {one.id for one in (*shown.deleted, *shown.held)}
            around = person_traces.evidence_around(scope, connection, venue_id, spans)
            seen_boxes.forget_tracks(scope, connection, venue_id, _tracks(told))
            stays.erase_visitor(scope, connection, venue_id, pseudo_id)
            receipt = receipt_of(
                receipt_id=receipt_id,
                venue_id=venue_id,
                pseudo_id=pseudo_id,
                by=by,
                at=now,
                key_id=signer.key_id,
                removed=removed,
                deleted=shown.deleted,
                held=shown.held,
                others=[one for one in around if one not in mine],
                elsewhere=[*shown.elsewhere, *_at_the_centre(scope, connection, venue_id)],
                recordings_until=None if recorded is None else recorded + self._keep_recordings,
            )
            signature = sign_receipt(receipt, signer)
            ledger.add_entry(
                scope,
                connection,
                venue_id=venue_id,
                at=now,
                action=VISITOR_ERASED,
                subject_kind="visitor",
                subject_id=pseudonym_hash(venue_id, pseudo_id),
                actor=by,
                facts={"receipt": receipt, "signature": signature},
            )
        remove_files(shown.files)
        overwritten = self._conclude(scope, venue_id, signer)
        log.info("visitor erased", venue=venue_id, receipt=receipt_id, by=by)
        return Erased(receipt=receipt, signature=signature, overwritten=overwritten)

    def finish(self) -> bool:
        """Do what erasures have left to do, if anything: folders of results, deleted bytes in the database.

        Returns:
            whether there was anything.

        Raises:
            StoreError, DiskFull: it is still to be done.
        """
        notes = sorted(self._notes_dir.iterdir()) if self._notes_dir.is_dir() else []
        if not notes:
            return False
        for note in notes:
            for camera in note.read_text().splitlines():
                _remove_results(self._results_dir / camera)
        overwrite_deleted(self._database, PERSONAL)
        for note in notes:
            note.unlink(missing_ok=True)
        return True

    def _conclude(self, scope: Scope, venue_id: str, signer: Signer) -> bool:
        """What may also be done later: a place in the chain, and the bytes in the database's files."""
        try:
            seal_ledger(self._database, scope, venue_id, signer, self._clock())
            self.finish()
        except SightlineError as error:
            log.warning("what was erased is not overwritten yet; it will be tried again", reason=str(error))
            return False
        return True

    def _take_clips(
        self,
        scope: Scope,
        connection: Connection,
        venue_id: str,
        told: Iterable[ToldStay],
        spans: list[CameraSpan],
        *,
        by: str,
        now: datetime,
    ) -> _Shown:
        found = person_traces.evidence_of_tracks(scope, connection, venue_id, _tracks(told), spans)
        shown = _Shown([], [], [], [], 0, 0)
        links = deliveries = 0
        for one in found:
            items = outbox_items.list_items(scope, connection, evidence_id=one.id)
            entries = ledger.entries_of(scope, connection, EVIDENCE, one.id)
            exports = [entry for entry in entries if entry.action == EXPORTED]
            shown.elsewhere.extend(copies_of(items, exports, now))
            links += _revoke_links(scope, connection, one, by=by, now=now)
            deliveries += sum(item.state is ItemState.WAITING for item in items)
            outbox.cancel_items(scope, connection, WHY_ERASED, now=now, evidence_id=one.id)
            if one.held_at is not None:
                shown.held.append(one)
                continue
            shown.deleted.append(one)
            shown.files.extend(
                path for path in files_to_go(scope, connection, self._segments_dir, one) if path.exists()
            )
            evidence_store.mark_deleted(scope, connection, one.id, failure=WHY_ERASED)
            _enter(scope, connection, one, ERASED, by, now, {"manifest_sha256": one.manifest_sha256})
        held = [one.id for one in shown.held]
        person_traces.ask_to_erase(scope, connection, venue_id, held, at=now)
        return _Shown(shown.deleted, shown.held, shown.elsewhere, shown.files, links, deliveries)


def _remove_results(folder: Path) -> None:
    """All that an analysis wrote for people to read, but what one that goes on is writing."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix != PART_SUFFIX:
            path.unlink(missing_ok=True)


def camera_spans(told: Iterable[ToldStay]) -> list[CameraSpan]:
    """When a person was before which of our cameras; stays that touch are one span."""
    found: list[CameraSpan] = []
    ordered = sorted((one.camera_id, one.at_us, one.until_us) for one in told if one.run_id is not None)
    for camera_id, at_us, until_us in ordered:
        span = CameraSpan(camera_id, EPOCH + at_us * MICROSECOND, EPOCH + until_us * MICROSECOND)
        if found and found[-1].camera_id == camera_id and span.since <= found[-1].until:
            last = found.pop()
            span = CameraSpan(camera_id, last.since, max(last.until, span.until))
        found.append(span)
    return found


def _tracks(told: Iterable[ToldStay]) -> set[tuple[str, int]]:
    return {(one.run_id, one.track_id) for one in told if one.run_id is not None and one.track_id is not None}


def _revoke_links(
    scope: Scope, connection: Connection, one: StoredEvidence, *, by: str, now: datetime
) -> int:
    """Take back every link to a piece of evidence, as `PrivateLinks.revoke` does; how many that were."""
    revoked = 0
    for link in private_links.list_links(scope, connection, evidence_id=one.id):
        if private_links.revoke_link(scope, connection, link, now):
            _enter(scope, connection, one, "link_revoked", by, now, {"link_id": link.id})
            revoked += 1
    return revoked


def _at_the_centre(scope: Scope, connection: Connection, venue_id: str) -> list[Copy]:
    """The centre knows the hours in which the person was; they are told anew by themselves."""
    return [
        Copy(
            evidence_id=None,
            channel="centre",
            destination="the centre",
            at=one.answered_at,
            holds_clip=False,
        )
        for one in told_centre(scope, connection)
        if one.venue_id == venue_id
    ]


def _enter(
    scope: Scope,
    connection: Connection,
    one: StoredEvidence,
    action: str,
    by: str,
    at: datetime,
    facts: JsonObject,
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
        facts={"event_id": one.event_id, **facts},
    )
