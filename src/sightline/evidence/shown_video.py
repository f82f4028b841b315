"""What a private link shows: the file that may leave, checked before it does, and what a page tells of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from sightline.domain.scope import Scope
from sightline.errors import EvidenceError, TamperedError
from sightline.evidence.canonical import parse_canonical
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.file_verdicts import FileVerdicts
from sightline.evidence.hosted_videos import HostedVideos
from sightline.evidence.keys import PublicKey
from sightline.evidence.manifest import files_named_by, sha256_of_text
from sightline.evidence.media_type import FIRST_BYTES, media_type_of
from sightline.evidence.private_links import VIDEO, Refusal
from sightline.store import evidence as evidence_store
from sightline.store import hosted_videos, ledger, venues
from sightline.store.alerts import raise_alert
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.store.private_links import StoredLink

log = structlog.get_logger()

_UNKNOWN = "application/octet-stream"


class Released(Protocol):
    """A file that may leave the site; see `evidence.releasing`."""

    @property
    def path(self) -> Path: ...
    @property
    def file_name(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def is_original(self) -> bool: ...
    @property
    def masked(self) -> bool: ...
    @property
    def blurred(self) -> bool: ...


Release = Callable[[Scope, StoredEvidence, int], Released]
"""What may leave of one part of a piece of evidence, for looking at.

Raises EvidenceError when nothing may, TamperedError when it is not as it was sealed.
"""


class Copy(StrEnum):
    """Which file is shown: the sealed clip, its copy for browsers, one in which something is covered (masks
    are drawn, faces blurred, or both), or a hosted video."""

    ORIGINAL = "original"
    VIEWING = "viewing"
    MASKED = "masked"
    BLURRED = "blurred"
    MASKED_AND_BLURRED = "masked+blurred"
    HOSTED = "hosted"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownVideo:
    """One checked file and what may be said of it.

    Attributes:
        sha256: of the file as it lies there now, which is what it was sealed with.
        original_sha256: of the sealed clip that it is a copy of; None when it is no copy.
        key_id: the key whose signature over the manifest was checked; None where nothing is signed (a hosted
            video), or no public key is there to check with.
        camera_name, starts_at, ends_at: None for a hosted video.
        received_at: None for a clip of ours.
    """

    path: Path
    file_name: str
    sha256: str
    size_bytes: int
    media_type: str
    copy: Copy
    original_sha256: str | None
    key_id: str | None
    venue_name: str
    zone: ZoneInfo
    expires_at: datetime
    camera_name: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    received_at: datetime | None = None


class ShownVideos:
    """Opens what links show.

    Args:
        release: what may leave of a clip, masks drawn.
        public_key: the site's, called for every video; None when it has none.
        actor: who does it, for the ledger.
    """

    def __init__(
        self,
        database: Database,
        *,
        hosted: HostedVideos,
        release: Release,
        public_key: Callable[[], PublicKey | None],
        actor: str,
        verdicts: FileVerdicts | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._hosted = hosted
        self._release = release
        self._public_key = public_key
        self._actor = actor
        self._verdicts = verdicts or FileVerdicts()
        self._clock = clock

    def open(self, link: StoredLink) -> ShownVideo | Refusal:
        """The file behind a link that is alive; refused (404) when it is gone, may not leave, or was altered.

        A file that is not as it was sealed is never shown: it raises the alert `integrity_failure`.

        Raises:
            StoreError: the database cannot be read.
        """
        shown = self._clip(link) if link.evidence_id is not None else self._hosted_video(link)
        if shown is None:
            return Refusal(404)
        try:
            found = self._verdicts.sha256(shown.path)
            media_type = media_type_at(shown.path)
        except OSError as error:
            log.warning("a linked file cannot be read", file=shown.file_name, reason=error.strerror)
            return Refusal(404)
        if found != shown.sha256:
            self._tell_altered(link, shown.file_name)
            return Refusal(404)
        return replace(shown, media_type=media_type)

    def _clip(self, link: StoredLink) -> ShownVideo | None:
        scope = Scope.of(link.venue_id)
        with self._database.reading() as connection:
            evidence = evidence_store.get_evidence(scope, connection, str(link.evidence_id))
            venue = venues.get_venue(scope, connection, link.venue_id)
            cameras = venues.list_cameras(scope, connection, link.venue_id)
        part = next((one for one in evidence.parts if one.part == link.part), None) if evidence else None
        if evidence is None or venue is None or part is None or evidence.state != "sealed":
            return None
        key = self._public_key()
        named = vouched_for(evidence, key)
        if named is None or named.get(part.file_name) != part.sha256:
            self._tell_altered(link, part.file_name)
            return None
        try:
            released = self._release(scope, evidence, link.part)
        except TamperedError:
            self._tell_altered(link, part.file_name)
            return None
        except EvidenceError as error:
            log.warning("a linked clip does not leave", evidence=evidence.id, reason=str(error))
            return None
        return ShownVideo(
            path=released.path,
            file_name=released.file_name,
            sha256=named.get(released.file_name, released.sha256),
            size_bytes=released.size_bytes,
            media_type=_UNKNOWN,
            copy=which_copy(released, named),
            original_sha256=None if released.is_original else part.sha256,
            key_id=key.key_id if key is not None else None,
            venue_name=venue.name,
            zone=ZoneInfo(venue.timezone),
            expires_at=link.expires_at,
            camera_name=next((one.name for one in cameras if one.id == evidence.camera_id), None),
            starts_at=part.starts_at,
            ends_at=part.ends_at,
        )

    def _hosted_video(self, link: StoredLink) -> ShownVideo | None:
        scope = Scope.of(link.venue_id)
        with self._database.reading() as connection:
            video = hosted_videos.get_hosted_video(scope, connection, str(link.hosted_video_id))
            venue = venues.get_venue(scope, connection, link.venue_id)
        if video is None or venue is None or video.deleted_at is not None:
            return None
        return ShownVideo(
            path=self._hosted.path_of(video),
            file_name=video.file_name,
            sha256=video.sha256,
            size_bytes=video.size_bytes,
            media_type=_UNKNOWN,
            copy=Copy.HOSTED,
            original_sha256=None,
            key_id=None,
            venue_name=venue.name,
            zone=ZoneInfo(venue.timezone),
            expires_at=link.expires_at,
            received_at=video.received_at,
        )

    def _tell_altered(self, link: StoredLink, file_name: str) -> None:
        tell_altered(
            self._database,
            venue_id=link.venue_id,
            subject=(EVIDENCE, link.evidence_id)
            if link.evidence_id is not None
            else (VIDEO, str(link.hosted_video_id)),
            file_name=file_name,
            asked_by="A private link",
            facts={"link_id": link.id},
            actor=self._actor,
            at=self._clock(),
        )


def tell_altered(
    database: Database,
    *,
    venue_id: str,
    subject: tuple[str, str],
    file_name: str,
    asked_by: str,
    facts: Mapping[str, str],
    actor: str,
    at: datetime,
) -> None:
    """Alert that a file is not as it was sealed, and enter it: once, not for every look at it.

    Args:
        subject: kind and id of what the file belongs to, for the ledger.
        asked_by: who was not shown it, as the beginning of a sentence.
    """
    scope = Scope.of(venue_id)
    log.error("a file is not as it was sealed and is not shown", file=file_name, venue=venue_id)
    with database.transaction() as connection:
        raised = raise_alert(
            scope,
            connection,
            venue_id=venue_id,
            alert_type="integrity_failure",
            subject=file_name,
            severity="critical",
            title=f"{file_name} is not as it was sealed",
            message=f"{asked_by} asked for it; it was not shown. Check: sightline evidence verify",
            at=at,
        )
        if raised is not None:
            ledger.add_entry(
                scope,
                connection,
                venue_id=venue_id,
                at=at,
                action="integrity_failed",
                subject_kind=subject[0],
                subject_id=subject[1],
                actor=actor,
                facts={"file": file_name, **facts},
            )


def media_type_at(path: Path) -> str:
    """The media type that the first bytes of a file tell of. Raises OSError: it cannot be read."""
    with path.open("rb") as file:
        return media_type_of(file.read(FIRST_BYTES)) or _UNKNOWN


def vouched_for(evidence: StoredEvidence, key: PublicKey | None) -> dict[str, str] | None:
    """SHA-256 by file name as the manifest has them; None when the manifest is not the one that was signed.

    Without a key the manifest is only compared with the hash stored beside it.
    """
    text = (evidence.manifest or "").encode()
    if sha256_of_text(text) != evidence.manifest_sha256:
        return None
    if key is not None and not key.verifies(evidence.signature or "", text):
        return None
    try:
        return {one.file: one.sha256 for one in files_named_by(parse_canonical(text))}
    except ValueError:
        return None


def which_copy(released: Released, named: dict[str, str]) -> Copy:
    """What was released, given the files that the manifest names."""
    if released.is_original:
        return Copy.ORIGINAL
    if released.file_name in named:
        return Copy.VIEWING
    if released.masked and released.blurred:
        return Copy.MASKED_AND_BLURRED
    return Copy.BLURRED if released.blurred else Copy.MASKED
