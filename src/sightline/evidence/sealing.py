"""From wanted evidence to sealed evidence: cut, hash, sign, enter in the ledger.

The order of writing is what makes a kill harmless: every clip is written beside, brought to the disk and
renamed before the one transaction that holds manifest, signature, state and ledger entry. Before that
transaction the evidence is still `wanted`, so the next run cuts it again over the same names; after it, all
is there.
"""

import fcntl
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.errors import EvidenceError
from sightline.evidence.canonical import canonical_json
from sightline.evidence.chain import EVIDENCE, SEALED
from sightline.evidence.keys import Signer
from sightline.evidence.layout import VIEWING, camera_folder
from sightline.evidence.ledger import seal_ledger
from sightline.evidence.leftovers import remove_leftovers
from sightline.evidence.manifest import CutPart, LostPart, manifest_of, sha256_of_text
from sightline.evidence.outgoing import DeliveryPlan, enqueue
from sightline.store import events, ledger, recordings, runs
from sightline.store import evidence as evidence_store
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.evidence import StoredEvidence, StoredEvidencePart
from sightline.video.clip import CutClip, cut_clip
from sightline.video.disk import writing
from sightline.video.growing import footage_until
from sightline.video.viewing_copy import make_viewing_copy

Progress = Callable[[int, int], None]
"""Called with how many pieces of evidence are done, and of how many."""

_READ_ONLY = 0o444
_NEIGHBOUR = timedelta(seconds=10)
"""The first pictures of a segment may need the end of the one before to be decoded."""
_LOOKS = 3
"""A file that grows gets another name when it is finished; hardly three times while one clip is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealingResult:
    """What became of one wanted piece of evidence.

    Attributes:
        state: `sealed`; `missing`, see `failure`; `replaced`: the event changed meanwhile, nothing was kept.
        files: names of the sealed clips, in order.
        failure: why footage, or a part of it, is missing; None when all of it is there.
    """

    evidence_id: str
    event_id: str | None
    state: str
    files: tuple[str, ...]
    failure: str | None


class EvidenceSealer:
    """Seals what a camera's events want.

    Args:
        recordings_dir: what the paths of recorded segments are relative to.
        segments_dir: clips go to `<venue>/<camera>/` below it.
        software: name and version, for the manifest.
        plan: what leaves the site; its items go into the outbox in the transaction that seals.
        clock: wall clock for `sealed_at`; the only use of one here.
    """

    def __init__(
        self,
        database: Database,
        scope: Scope,
        *,
        recordings_dir: Path,
        segments_dir: Path,
        signer: Signer,
        software: str,
        plan: DeliveryPlan | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._scope = scope
        self._recordings_dir = recordings_dir
        self._segments_dir = segments_dir
        self._signer = signer
        self._software = software
        self._plan = plan or DeliveryPlan()
        self._clock = clock

    def seal_all(
        self,
        venue_id: str,
        camera_id: str,
        progress: Progress | None = None,
        *,
        only: Collection[str] | None = None,
        clean_up: bool = True,
    ) -> list[SealingResult]:
        """Seal everything wanted of one camera, what an earlier, killed run left included.

        Two processes that seal the same camera take turns; the second finds nothing left to do.

        Args:
            only: ids of the evidence to seal; the rest stays wanted, because its footage is still to come.
            clean_up: remove what a kill left, first. It looks at every clip of the camera, so who seals every
                few seconds asks for it now and then only.

        Returns:
            one result per piece of evidence that was wanted, earliest footage first; none of those whose
            footage a live camera is still recording.

        Raises:
            DiskFull: what was sealed so far stays; the rest is still wanted.
            StoreError: the database refused.
        """
        with self._turn_of(venue_id, camera_id):
            if clean_up:
                remove_leftovers(self._database, self._scope, venue_id, camera_id, self._segments_dir)
            with self._database.reading() as connection:
                wanted = evidence_store.wanted_evidence(
                    self._scope, connection, venue_id=venue_id, camera_id=camera_id
                )
            if only is not None:
                wanted = [one for one in wanted if one.id in only]
            results = []
            for number, one in enumerate(wanted, start=1):
                result = self._seal(one)
                if result is not None:
                    results.append(result)
                if progress is not None:
                    progress(number, len(wanted))
        seal_ledger(self._database, self._scope, venue_id, self._signer, self._clock())
        return results

    def _seal(self, wanted: StoredEvidence) -> SealingResult | None:
        """None while its footage is still to come."""
        answer = self._cut(wanted)
        if answer is None:
            return None
        cut, lost = answer
        failure = "; ".join(f"{one.wanted.file_name}: {one.reason}" for one in lost) or None
        if cut:
            state = "sealed" if self._commit(wanted, cut, lost) else "replaced"
        else:
            failure = failure or "nothing of it was planned to be cut"
            state = "missing" if self._commit_missing(wanted, failure) else "replaced"
        if state == "replaced":
            _remove(cut)
        return SealingResult(
            evidence_id=wanted.id,
            event_id=wanted.event_id,
            state=state,
            files=tuple(one.clip.path.name for one in cut) if state == "sealed" else (),
            failure=failure,
        )

    def _cut(self, wanted: StoredEvidence) -> tuple[list[CutPart], list[LostPart]] | None:
        """None while footage of it is still to come."""
        recorded, to_come = self._recorded(wanted)
        if not to_come:
            return self._cut_from(recorded, wanted)
        for _ in range(_LOOKS):
            footage = footage_until(
                self._recordings_dir,
                wanted.venue_id,
                wanted.camera_id,
                recorded,
                wanted.wanted_from,
                wanted.wanted_until,
            )
            if footage is None:
                return None
            cut, lost = self._cut_from(footage, wanted)
            if not lost:
                return cut, lost
            if all((self._recordings_dir / segment.path).exists() for segment in footage):
                return None  # not for this to say that it is missing; cut again when the file is finished
        return None

    def _recorded(self, wanted: StoredEvidence) -> tuple[list[RecordedSegment], bool]:
        """The finished segments around a claim, and whether more may come."""
        with self._database.reading() as connection:
            footage = recordings.segments_between(
                self._scope,
                connection,
                wanted.venue_id,
                wanted.camera_id,
                wanted.wanted_from - _NEIGHBOUR,
                wanted.wanted_until + _NEIGHBOUR,
            )
            to_come = evidence_store.footage_to_come(self._scope, connection, wanted.id, now=self._clock())
        return footage, to_come

    def _cut_from(
        self, footage: Sequence[RecordedSegment], wanted: StoredEvidence
    ) -> tuple[list[CutPart], list[LostPart]]:
        folder = camera_folder(self._segments_dir, wanted.venue_id, wanted.camera_id)
        cut: list[CutPart] = []
        lost: list[LostPart] = []
        for part in wanted.parts:
            try:
                clip = cut_clip(
                    footage,
                    self._recordings_dir,
                    part.wanted_from,
                    part.wanted_until,
                    folder / part.file_name,
                )
            except EvidenceError as error:
                lost.append(LostPart(wanted=part, reason=str(error)))
                continue
            cut.append(_with_viewing_copy(part, clip))
            _protect(cut[-1])
        return cut, lost

    def _commit(self, wanted: StoredEvidence, cut: Sequence[CutPart], lost: Sequence[LostPart]) -> bool:
        """Manifest, signature, state and ledger entry in one transaction; False when no longer wanted."""
        sealed_at = self._clock()
        with self._database.transaction() as connection:
            event = events.get_event(self._scope, connection, wanted.event_id) if wanted.event_id else None
            run = None
            if event is not None and event.run_id is not None:
                run = runs.get_run(self._scope, connection, event.run_id)
            manifest = manifest_of(
                wanted,
                event,
                run,
                cut,
                lost,
                software=self._software,
                sealed_at=sealed_at,
                key_id=self._signer.key_id,
            )
            text = canonical_json(manifest)
            kept = evidence_store.seal_evidence(
                self._scope,
                connection,
                wanted.id,
                manifest=text.decode(),
                manifest_sha256=sha256_of_text(text),
                signature=self._signer.sign(text),
                key_id=self._signer.key_id,
                sealed_at=sealed_at,
                parts=[*(_sealed_part(one) for one in cut), *(one.wanted for one in lost)],
            )
            if kept:
                facts = {"camera_id": wanted.camera_id, "event_id": wanted.event_id}
                facts |= {"manifest_sha256": sha256_of_text(text)}
                self._enter(connection, wanted, SEALED, facts, sealed_at)
                self._enqueue(connection, wanted, event, sealed_at)
        return kept

    def _commit_missing(self, wanted: StoredEvidence, failure: str) -> bool:
        with self._database.transaction() as connection:
            noted = evidence_store.mark_missing(self._scope, connection, wanted.id, failure=failure)
            if noted:
                facts = {"camera_id": wanted.camera_id, "event_id": wanted.event_id, "failure": failure}
                self._enter(connection, wanted, "missing", facts, self._clock())
                event = events.get_event(self._scope, connection, wanted.event_id or "")
                self._enqueue(connection, wanted, event, self._clock())
        return noted

    def _enqueue(
        self, connection: Connection, wanted: StoredEvidence, event: StoredEvent | None, at: datetime
    ) -> None:
        settled = evidence_store.get_evidence(self._scope, connection, wanted.id)
        if event is not None and settled is not None:
            enqueue(self._plan, self._scope, connection, event, settled, now=at)

    def _enter(
        self,
        connection: Connection,
        wanted: StoredEvidence,
        action: str,
        facts: dict[str, str | None],
        at: datetime,
    ) -> None:
        ledger.add_entry(
            self._scope,
            connection,
            venue_id=wanted.venue_id,
            at=at,
            action=action,
            subject_kind=EVIDENCE,
            subject_id=wanted.id,
            actor=self._software,
            facts=facts,
        )

    @contextmanager
    def _turn_of(self, venue_id: str, camera_id: str) -> Iterator[None]:
        """One sealing of a camera at a time; the kernel frees the lock of a process that dies."""
        path = self._segments_dir / ".locks" / f"{venue_id}--{camera_id}.lock"
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = path.open("wb")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _with_viewing_copy(wanted: StoredEvidencePart, clip: CutClip) -> CutPart:
    """The original is the evidence; that it cannot be converted for viewing does not make it less so."""
    if clip.playable_in_browser == "yes":
        return CutPart(wanted=wanted, clip=clip)
    target = clip.path.with_name(f"{clip.path.stem}{VIEWING}.mp4")
    try:
        return CutPart(wanted=wanted, clip=clip, viewing_copy=make_viewing_copy(clip, target))
    except EvidenceError as error:
        return CutPart(wanted=wanted, clip=clip, viewing_failure=str(error))


def _sealed_part(part: CutPart) -> StoredEvidencePart:
    return replace(
        part.wanted,
        file_name=part.clip.path.name,
        sha256=part.clip.sha256,
        size_bytes=part.clip.size_bytes,
        starts_at=part.clip.starts_at,
        ends_at=part.clip.ends_at,
        viewing_copy=part.viewing_copy.path.name if part.viewing_copy else None,
    )


def _protect(part: CutPart) -> None:
    """Take the write permission away: editing a hard link in an exported folder changes this file."""
    for path in part.paths:
        with suppress(PermissionError):  # some file systems know no permissions; then there is none to take
            path.chmod(_READ_ONLY)


def _remove(cut: Sequence[CutPart]) -> None:
    for path in (path for part in cut for path in part.paths):
        path.unlink(missing_ok=True)
