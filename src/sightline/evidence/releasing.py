"""What may leave of a sealed clip: itself, or a copy in which the masks of its camera are burned in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sightline.config.settings import PrivacySettings
from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.errors import EvidenceError, TamperedError
from sightline.evidence.canonical import parse_canonical
from sightline.evidence.files import sha256_of
from sightline.evidence.layout import RELEASED, camera_folder
from sightline.evidence.manifest import NamedFile, files_named_by
from sightline.evidence.turns import release_turn
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence, StoredEvidencePart
from sightline.store.released_copies import StoredReleasedCopy, get_released_copy, put_released_copy
from sightline.video.released_copy import make_released_copy

NO_BLUR = "privacy.blur_faces is on and faces cannot be blurred yet: no picture leaves"

Masks = tuple[tuple[Point, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFile:
    """A file that may leave the site.

    Attributes:
        file_name: as it lies in the camera's folder.
        sha256, size_bytes: as they were when it was made; it is compared with them before it leaves.
        is_original: the sealed clip itself, its packets untouched.
    """

    path: Path
    file_name: str
    sha256: str
    size_bytes: int
    is_original: bool


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
    blur_faces: bool,
    for_viewing: bool = False,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> ReleasedFile:
    """The file that may leave for a part of sealed evidence. To be asked again for every attempt to send it.

    A released copy is made once, which takes about as long as watching it; made anew when the masks have
    changed or the file is gone. Two processes that ask for the same copy take turns.

    Args:
        masks: of the evidence's camera, relative points.
        blur_faces: asked for by the settings.
        for_viewing: for people with a browser; where not every one of them plays the clip's codec, it is the
            viewing copy, if there is one.

    Raises:
        EvidenceError: nothing may leave, or the copy cannot be made; nothing is sealed of this part.
        TamperedError: the clip is not as it was sealed.
        DiskFull: no room for the copy.
        StoreError: outside the scope.
    """
    if blur_faces:
        raise EvidenceError(NO_BLUR)
    if evidence.state != "sealed" or part.sha256 is None or part.size_bytes is None:
        raise EvidenceError(f"{part.file_name} is not sealed, so it cannot leave")
    folder = camera_folder(segments_dir, evidence.venue_id, evidence.camera_id)
    if masks:
        wanted = tuple(tuple((float(x), float(y)) for x, y in mask) for mask in masks)
        copy = _known_copy(database, scope, evidence, part, wanted, folder)
        if copy is None:
            with release_turn(segments_dir, evidence.venue_id, evidence.camera_id):
                copy = _known_copy(database, scope, evidence, part, wanted, folder)
                if copy is None:
                    copy = _make_copy(database, scope, evidence, part, wanted, folder, clock())
        return ReleasedFile(
            path=folder / copy.file_name,
            file_name=copy.file_name,
            sha256=copy.sha256,
            size_bytes=copy.size_bytes,
            is_original=False,
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


def _known_copy(
    database: Database,
    scope: Scope,
    evidence: StoredEvidence,
    part: StoredEvidencePart,
    masks: Masks,
    folder: Path,
) -> StoredReleasedCopy | None:
    """The copy made earlier; None when it has other masks, is of another clip, or is gone."""
    with database.reading() as connection:
        copy = get_released_copy(scope, connection, evidence.id, part.part)
    if copy is None or (copy.masks, copy.derived_from) != (masks, part.sha256):
        return None
    return copy if (folder / copy.file_name).is_file() else None


def _make_copy(
    database: Database,
    scope: Scope,
    evidence: StoredEvidence,
    part: StoredEvidencePart,
    masks: Masks,
    folder: Path,
    now: datetime,
) -> StoredReleasedCopy:
    """The file first, then its row: a file without a row is a leftover."""
    clip = folder / part.file_name
    made = make_released_copy(
        clip, _unaltered(clip, part), clip.with_name(f"{clip.stem}{RELEASED}.mp4"), masks
    )
    copy = StoredReleasedCopy(
        evidence_id=evidence.id,
        part=part.part,
        venue_id=evidence.venue_id,
        file_name=made.path.name,
        sha256=made.sha256,
        size_bytes=made.size_bytes,
        derived_from=made.derived_from,
        masks=made.masks,
        created_at=now,
    )
    with database.transaction() as connection:
        put_released_copy(scope, connection, copy)
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
