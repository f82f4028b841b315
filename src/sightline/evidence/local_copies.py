"""When sealed clips may go from here: after their time, or once the far end's copy has been compared.

The row says so first, with an entry in the ledger; then the files go. A kill in between leaves files that no
row wants, which the next cleaning removes. A legal hold, a link that is alive and anything still to be sent
keep a clip.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from sightline.domain.delivery import Proof
from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.evidence.chain import ERASED, EVIDENCE, EXPIRED, MOVED
from sightline.evidence.layout import camera_folder
from sightline.evidence.leftovers import files_of
from sightline.store import evidence as evidence_store
from sightline.store import keeping, ledger, outbox, outbox_items, released_copies
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence

BATCH = 100
WHY_ERASED = "it showed a person who was erased"


class LocalCopies:
    """The sealed clips of a site, as far as they may go.

    Args:
        keep: how long clips stay after they were sealed.
        keep_local: False: a clip goes once it has been compared with the copy at its receiver.
        actor: who does it, for the ledger.
    """

    def __init__(
        self,
        database: Database,
        *,
        segments_dir: Path,
        keep: timedelta,
        keep_local: bool,
        actor: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._segments_dir = segments_dir
        self._keep = keep
        self._keep_local = keep_local
        self._actor = actor
        self._clock = clock

    def run(self) -> int:
        """One round; how many pieces of evidence lost their clips here.

        Raises:
            StoreError, DiskFull: what went before stays gone, the rest goes next time.
        """
        gone = sum(self._expire(one) for one in self._expired())
        if not self._keep_local:
            gone += sum(self._move(one) for one in self._compared())
        return gone

    def _expired(self) -> list[StoredEvidence]:
        now = self._clock()
        with self._database.reading() as connection:
            return keeping.expired_evidence(
                Scope.site(), connection, before=now - self._keep, now=now, limit=BATCH
            )

    def _compared(self) -> list[StoredEvidence]:
        with self._database.reading() as connection:
            return keeping.delivered_evidence(Scope.site(), connection, now=self._clock(), limit=BATCH)

    def _expire(self, one: StoredEvidence) -> bool:
        now, scope = self._clock(), Scope.of(one.venue_id)
        with self._database.transaction() as connection:
            if not keeping.may_go(scope, connection, one.id, now=now):
                return False
            why = WHY_ERASED if one.erase_asked_at is not None else "its time was over"
            evidence_store.mark_deleted(scope, connection, one.id, failure=why)
            outbox.cancel_items(scope, connection, f"its clip is gone: {why}", now=now, evidence_id=one.id)
            ledger.add_entry(
                scope,
                connection,
                venue_id=one.venue_id,
                at=now,
                action=EXPIRED if one.erase_asked_at is None else ERASED,
                subject_kind=EVIDENCE,
                subject_id=one.id,
                actor=self._actor,
                facts={"event_id": one.event_id, "manifest_sha256": one.manifest_sha256},
            )
            files = files_to_go(scope, connection, self._segments_dir, one)
        remove_files(files)
        return True

    def _move(self, one: StoredEvidence) -> bool:
        now, scope = self._clock(), Scope.of(one.venue_id)
        with self._database.transaction() as connection:
            sent = outbox_items.list_items(
                scope,
                connection,
                evidence_id=one.id,
                channel=Channel.UPLOAD,
                states=[ItemState.SENT],
            )
            lasting = [item for item in reversed(sent) if item.destination != keeping.VIDEO_HOST]
            answer = next((item.answer for item in lasting if item.answer), None)
            if answer is None or answer.get("proof") in (None, Proof.NONE.value) or not answer["original"]:
                return False
            if not keeping.may_go(scope, connection, one.id, now=now):
                return False
            keeping.mark_moved(scope, connection, one.id, at=now)
            ledger.add_entry(
                scope,
                connection,
                venue_id=one.venue_id,
                at=now,
                action=MOVED,
                subject_kind=EVIDENCE,
                subject_id=one.id,
                actor=self._actor,
                facts={"event_id": one.event_id, "proof": answer["proof"]},
            )
            files = files_to_go(scope, connection, self._segments_dir, one)
        remove_files(files)
        return True


def files_to_go(scope: Scope, connection: Connection, segments_dir: Path, one: StoredEvidence) -> list[Path]:
    """What lies in the camera's folder of a piece of evidence: clips, viewing and released copies."""
    folder = camera_folder(segments_dir, one.venue_id, one.camera_id)
    released = released_copies.released_copies_of(scope, connection, [one.id])
    names = [*files_of([one]), *(copy.file_name for copy in released)]
    return [folder / name for name in names]


def remove_files(files: list[Path]) -> None:
    """Remove what there is of these; a missing one is gone already."""
    for path in files:
        path.unlink(missing_ok=True)
