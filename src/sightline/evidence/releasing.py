"""What may leave of a sealed clip: itself, or a copy with the masks of its camera and faces blurred."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from sightline.config.settings import PrivacySettings
from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.errors import EvidenceError, TamperedError
from sightline.evidence.canonical import parse_canonical
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.files import sha256_of
from sightline.evidence.layout import RELEASED, camera_folder
from sightline.evidence.manifest import NamedFile, files_named_by
from sightline.evidence.turns import release_turn
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence, StoredEvidencePart
from sightline.store.released_copies import StoredReleasedCopy, get_released_copy, put_released_copy
from sightline.video.blurring import Look
from sightline.video.released_copy import make_released_copy

BLURRED = "faces_blurred"
"""What the ledger says when a copy was made in which faces are blurred."""

Masks = tuple[tuple[Point, ...], ...]


class Blur(Protocol):
    """What faces are blurred with: see `FaceBlur`. Both raise PictureWithheld: it cannot be done."""

    def means(self) -> Mapping[str, str]: ...
    def open(self) -> Look: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFile:
    """A file that may leave the site.

    Attributes:
        file_name: as it lies in the camera's folder.
        sha256, size_bytes: as they were when it was made; it is compared with them before it leaves.
        is_original: the sealed clip itself, its packets untouched.
        masked, blurred: a copy in which masks are drawn; in which faces are blurred.
    """

    path: Path
    file_name: str
    sha256: str
    size_bytes: int
    is_original: bool
    masked: bool = False
    blurred: bool = False


def masks_of(privacy: PrivacySettings, venue_id: str, camera_id: str) -> Masks:
    """The masks of one camera; one that names no venue holds for every camera of that id."""
    return tuple(
        tuple((float(x), float(y)) for x, y in mask.points)
        for mask in privacy.masks
        if mask.camera == camera_id and mask.venue in (None, venue_id)
    )


def released_file(
    database: Database,
    scope: Scope,
    evidence: StoredEvidence,
    part: StoredEvidencePart,
    *,
    segments_dir: Path,
    masks: Sequence[Sequence[Point]],
    blur: Blur | None,
    actor: str = "sightline",
    for_viewing: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ReleasedFile:
    """The file that may leave for a part of sealed evidence. To be asked again for every attempt to send it.

    A released copy is made once, which takes about as long as watching it, and several times as long where
    faces are blurred; made anew when masks or models have changed or the file is gone. Two processes that ask
    for the same copy take turns. Blurring is entered in the ledger.

    Args:
        masks: of the evidence's camera, relative points.
        blur: what faces are blurred with; None: they are shown.
        actor: who makes the copy, for the ledger.
        for_viewing: for people with a browser; where not every one of them plays the clip's codec, it is the
            viewing copy, if there is one.

    Raises:
        EvidenceError: nothing may leave, or the copy cannot be made; nothing is sealed of this part.
        PictureWithheld: faces are to be blurred, and cannot be.
        TamperedError: the clip is not as it was sealed.
        DiskFull: no room for the copy.
        StoreError: outside the scope.
    """
    if evidence.state != "sealed" or part.sha256 is None or part.size_bytes is None:
        raise EvidenceError(f"{part.file_name} is not sealed, so it cannot leave")
    folder = camera_folder(segments_dir, evidence.venue_id, evidence.camera_id)
    if masks or blur is not None:
        wanted = _Wanted(
            masks=tuple(tuple((float(x), float(y)) for x, y in mask) for mask in masks),
            blurred_by=dict(blur.means()) if blur is not None else None,
        )
        copy = _known_copy(database, scope, evidence, part, wanted, folder)
        if copy is None:
            with release_turn(segments_dir, evidence.venue_id, evidence.camera_id):
                copy = _known_copy(database, scope, evidence, part, wanted, folder)
                if copy is None:
                    look = blur.open() if blur is not None else None
                    made = _encode_copy(evidence, part, wanted, folder, look, clock())
                    copy = _enter_copy(database, scope, made, actor)
        return ReleasedFile(
            path=folder / copy.file_name,
            file_name=copy.file_name,
            sha256=copy.sha256,
            size_bytes=copy.size_bytes,
            is_original=False,
            masked=bool(copy.masks),
            blurred=copy.blurred_by is not None,
        )
    if for_viewing and part.viewing_copy is not None:
        viewing = _viewing_copy(evidence, part.viewing_copy)
        return ReleasedFile(
            path=folder / viewing.file,
            file_name=viewing.file,
            sha256=viewing.sha256,
            size_bytes=viewing.size_bytes,
            is_original=False,
        )
    return ReleasedFile(
        path=folder / part.file_name,
        file_name=part.file_name,
        sha256=part.sha256,
        size_bytes=part.size_bytes,
        is_original=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is to be covered in a copy."""

    masks: Masks
    blurred_by: Mapping[str, str] | None


def _known_copy(
    database: Database,
    scope: Scope,
    evidence: StoredEvidence,
    part: StoredEvidencePart,
    wanted: _Wanted,
    folder: Path,
) -> StoredReleasedCopy | None:
    """The copy made earlier; None when other things are covered in it, it is of another clip, or is gone."""
    with database.reading() as connection:
        copy = get_released_copy(scope, connection, evidence.id, part.part)
    if copy is None or (copy.masks, copy.blurred_by) != (wanted.masks, wanted.blurred_by):
        return None
    if copy.derived_from != part.sha256:
        return None
    return copy if (folder / copy.file_name).is_file() else None


def _encode_copy(
    evidence: StoredEvidence,
    part: StoredEvidencePart,
    wanted: _Wanted,
    folder: Path,
    look: Look | None,
    now: datetime,
) -> StoredReleasedCopy:
    """The file first, then its row: a file without a row is a leftover."""
    clip = folder / part.file_name
    made = make_released_copy(
        clip, _unaltered(clip, part), clip.with_name(f"{clip.stem}{RELEASED}.mp4"), wanted.masks, look
    )
    return StoredReleasedCopy(
        evidence_id=evidence.id,
        part=part.part,
        venue_id=evidence.venue_id,
        file_name=made.path.name,
        sha256=made.sha256,
        size_bytes=made.size_bytes,
        derived_from=made.derived_from,
        masks=made.masks,
        created_at=now,
        blurred_by=wanted.blurred_by if made.faces_blurred else None,
    )


def _enter_copy(database: Database, scope: Scope, copy: StoredReleasedCopy, actor: str) -> StoredReleasedCopy:
    with database.transaction() as connection:
        put_released_copy(scope, connection, copy)
        if copy.blurred_by is not None:
            ledger.add_entry(
                scope,
                connection,
                venue_id=copy.venue_id,
                at=copy.created_at,
                action=BLURRED,
                subject_kind=EVIDENCE,
                subject_id=copy.evidence_id,
                actor=actor,
                facts={
                    "part": copy.part,
                    "file": copy.file_name,
                    "sha256": copy.sha256,
                    "derived_from": copy.derived_from,
                    "faces": "blurred",
                    "blurred_by": dict(copy.blurred_by),
                },
            )
    return copy


def _unaltered(clip: Path, part: StoredEvidencePart) -> str:
    """The hash of the clip, which is the sealed one: an altered clip must not leave as a copy either."""
    try:
        found = sha256_of(clip)
    except OSError as error:
        raise EvidenceError(f"the sealed clip {clip} cannot be read ({error.strerror})") from error
    if found != part.sha256:
        raise TamperedError(f"{part.file_name} is not as it was sealed, so no copy of it is made")
    return found


def _viewing_copy(evidence: StoredEvidence, name: str) -> NamedFile:
    """What the manifest says of a viewing copy: only there are its hash and length."""
    try:
        named = files_named_by(parse_canonical(str(evidence.manifest).encode()))
    except ValueError as error:
        raise TamperedError(f"the manifest of evidence {evidence.id} was altered: {error}") from error
    for file in named:
        if file.file == name:
            return file
    raise TamperedError(f"the manifest of evidence {evidence.id} does not name {name}")
