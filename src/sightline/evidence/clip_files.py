"""The bytes of a clip for who may see it: checked before they go, masked where the site demands masks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from sightline.domain.scope import Scope
from sightline.errors import NotFound, TamperedError
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.file_verdicts import FileVerdicts
from sightline.evidence.keys import PublicKey
from sightline.evidence.layout import camera_folder
from sightline.evidence.shown_video import Copy, Release, media_type_at, tell_altered, vouched_for, which_copy
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence, StoredEvidencePart

UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFile:
    """One file that may be sent.

    Attributes:
        sha256: of the file as it lies there now, compared with what was sealed.
        original_sha256: of the sealed clip that it is a copy of; None when it is no copy.
    """

    path: Path
    file_name: str
    sha256: str
    size_bytes: int
    media_type: str
    copy: Copy
    original_sha256: str | None


class ClipFiles:
    """Opens the clips of a site.

    Args:
        release: what may leave of a clip.
        public_key: the site's; None when it has none.
        verdicts: hashes of files that were read lately.
    """

    def __init__(
        self,
        database: Database,
        *,
        segments_dir: Path,
        release: Release,
        public_key: Callable[[], PublicKey | None],
        verdicts: FileVerdicts,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._segments_dir = segments_dir
        self._release = release
        self._public_key = public_key
        self._verdicts = verdicts
        self._clock = clock

    def open(self, evidence: StoredEvidence, part: int, *, original: bool, by: str) -> ClipFile:
        """One part of a clip: what may leave of it, or the sealed original.

        A file that is not as it was sealed is never given: it raises the alert `integrity_failure`.

        Args:
            original: the untouched packets, also where masks are drawn or faces are to be blurred.
            by: who asks, for the ledger when something is wrong.

        Raises:
            NotFound: it has no such part, nothing is sealed yet, or its clips are not here any more.
            EvidenceError: nothing may leave.
            TamperedError: it is not as it was sealed.
            DiskFull: no room for a masked copy.
        """
        wanted = part_here(evidence, part)
        named = vouched_for(evidence, self._public_key())
        if named is None or named.get(wanted.file_name) != wanted.sha256:
            self._refuse_altered(evidence, wanted.file_name, by)
        found = self._original(evidence, wanted) if original else self._released(evidence, wanted, named, by)
        try:
            if self._verdicts.sha256(found.path) != found.sha256:
                self._refuse_altered(evidence, found.file_name, by)
            return replace(found, media_type=media_type_at(found.path))
        except OSError as error:
            raise NotFound(f"{found.file_name} cannot be read ({error.strerror})") from error

    def _original(self, evidence: StoredEvidence, part: StoredEvidencePart) -> ClipFile:
        folder = camera_folder(self._segments_dir, evidence.venue_id, evidence.camera_id)
        return ClipFile(
            path=folder / part.file_name,
            file_name=part.file_name,
            sha256=str(part.sha256),
            size_bytes=part.size_bytes or 0,
            media_type=UNKNOWN,
            copy=Copy.ORIGINAL,
            original_sha256=None,
        )

    def _released(
        self, evidence: StoredEvidence, part: StoredEvidencePart, named: dict[str, str], by: str
    ) -> ClipFile:
        try:
            released = self._release(Scope.of(evidence.venue_id), evidence, part.part)
        except TamperedError:
            self._refuse_altered(evidence, part.file_name, by)
        return ClipFile(
            path=released.path,
            file_name=released.file_name,
            sha256=named.get(released.file_name, released.sha256),
            size_bytes=released.size_bytes,
            media_type=UNKNOWN,
            copy=which_copy(released, named),
            original_sha256=None if released.is_original else part.sha256,
        )

    def _refuse_altered(self, evidence: StoredEvidence, file_name: str, by: str) -> NoReturn:
        tell_altered(
            self._database,
            venue_id=evidence.venue_id,
            subject=(EVIDENCE, evidence.id),
            file_name=file_name,
            asked_by="A program or page",
            facts={},
            actor=by,
            at=self._clock(),
        )
        raise TamperedError(f"{file_name} is not as it was sealed and is not given away")


def part_here(evidence: StoredEvidence, part: int) -> StoredEvidencePart:
    """A part of sealed evidence whose file lies here.

    Raises:
        NotFound: it has no such part, nothing is sealed, or its clips are not here any more.
    """
    if evidence.state != "sealed":
        wanted = "it is still to be cut" if evidence.state == "wanted" else "it is gone"
        reason = evidence.failure or wanted
        raise NotFound(f"there is no clip of evidence {evidence.id}: {reason}")
    if evidence.moved_at is not None:
        raise NotFound(f"the clips of evidence {evidence.id} lie at their receiver, compared, and not here")
    found = next((one for one in evidence.parts if one.part == part and one.sha256), None)
    if found is None:
        numbers = ", ".join(str(one.part) for one in evidence.parts if one.sha256)
        raise NotFound(f"evidence {evidence.id} has no part {part}; it has: {numbers}")
    return found
