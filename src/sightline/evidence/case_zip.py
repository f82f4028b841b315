"""`evidence export`: chosen evidence as one zip that stands up anywhere, with the page that checks it."""

import hashlib
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from sightline.config.settings import PrivacySettings
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, EvidenceError, TamperedError
from sightline.evidence.case import Case, CaseClip, gather_case
from sightline.evidence.case_words import README, readme_text
from sightline.evidence.chain import EVIDENCE
from sightline.evidence.keys import Signer
from sightline.evidence.layout import CONTENTS, STAMP
from sightline.evidence.ledger import Head
from sightline.evidence.releasing import masks_of
from sightline.evidence.standing import troubles_of
from sightline.evidence.verifier import PAGE_NAME, verifier_page
from sightline.store import evidence as evidence_store
from sightline.store import ledger
from sightline.store.database import Database
from sightline.store.evidence import StoredEvidence
from sightline.video.disk import PART_SUFFIX, publish, writing

EXPORTED = "exported"
_CHUNK_BYTES = 1 << 20
_REGULAR_FILE = 0o100644 << 16

Stamp = Callable[[bytes], bytes]
"""From a document to what a time-stamp authority answers to its hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseExport:
    """What was written, with what whoever receives it should note down elsewhere: key and ledger head."""

    path: Path
    venue_id: str
    cameras: tuple[str, ...]
    evidence_ids: tuple[str, ...]
    clips: int
    size_bytes: int
    key_id: str
    head: Head
    stamped: bool


def export_case(
    database: Database,
    scope: Scope,
    chosen: Sequence[StoredEvidence],
    *,
    segments_dir: Path,
    out: Path,
    signer: Signer,
    exported_by: str,
    stamp: Stamp | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> CaseExport:
    """Write the sealed originals of `chosen` with all papers to the zip `out`, whole or not at all.

    The ledger tells of it first, so that the chain in the zip holds it; when the writing then fails, it tells
    of an attempt.

    Args:
        chosen: evidence of one venue, of any of its cameras, with or without an event.
        out: replaced when it is there. Clips are stored as they are: video does not shrink.
        exported_by: who, for the ledger.
        stamp: asks for a time stamp of the signed list of contents.

    Raises:
        EvidenceError: none chosen, of several venues, or one that is not here; it is named.
        TamperedError: a clip or manifest is not as it was sealed; nothing is written.
        DiskFull, ConfigError: `out` cannot be written.
        DeliveryDeferred, DeliveryRefused: there is no time stamp to be had.
    """
    venue_id = _require_exportable(chosen, segments_dir, signer)
    if out.is_dir() or not out.parent.is_dir():
        raise ConfigError(f"{out} cannot be written: --out names a file in a folder that is there")
    with database.transaction() as connection:
        for one in chosen:
            _tell_ledger(scope, connection, one, exported_by, clock())
    ids = [one.id for one in chosen]
    cameras = {one.camera_id for one in chosen}
    case = gather_case(
        database,
        scope,
        lambda connection: _read_again(scope, connection, ids),
        venue_id=venue_id,
        camera_id=cameras.pop() if len(cameras) == 1 else None,
        segments_dir=segments_dir,
        signer=signer,
        clock=clock,
    )
    if stamp is not None:
        case.papers[STAMP] = stamp(case.papers[CONTENTS])
    write_case_zip(case, out, signer.key_id)
    return CaseExport(
        path=out,
        venue_id=venue_id,
        cameras=tuple(case.cameras),
        evidence_ids=tuple(one.id for one in case.evidence),
        clips=len(case.clips),
        size_bytes=out.stat().st_size,
        key_id=signer.key_id,
        head=case.head,
        stamped=stamp is not None,
    )


def require_unmasked(chosen: Iterable[StoredEvidence], privacy: PrivacySettings) -> None:
    """A case holds sealed originals, on which nothing is covered: refuse where the site wants it covered.

    Raises:
        EvidenceError: masks or blurred faces are set for the camera of one of these.
    """
    for one in chosen:
        masked = bool(masks_of(privacy, one.venue_id, one.camera_id))
        if masked or privacy.blur_faces:
            setting = "privacy.masks covers part of it" if masked else "privacy.blur_faces is on"
            raise EvidenceError(
                f"evidence {one.id} of {one.camera_id} is not exported: a case holds the sealed original,"
                f" and {setting}; where the original is to be handed over on purpose, say --original"
            )


def write_case_zip(case: Case, out: Path, key_id: str) -> None:
    """The zip of `case`: page and words first, clips, papers; beside `out`, brought to the disk, renamed.

    Raises:
        TamperedError: a clip is not as it was sealed.
        DiskFull, ConfigError: `out` cannot be written.
    """
    beside = out.with_name(out.name + PART_SUFFIX)
    words = readme_text(case, key_id).encode()
    with writing(out, remove=beside):
        with zipfile.ZipFile(beside, "w", zipfile.ZIP_STORED) as target:
            _put(target, PAGE_NAME, verifier_page(), case.exported_at)
            _put(target, README, words, case.exported_at)
            for clip in case.clips:
                _copy(target, clip, case.exported_at)
            for name, content in case.papers.items():
                _put(target, name, content, case.exported_at)
        publish(beside, out)


def _require_exportable(chosen: Sequence[StoredEvidence], segments_dir: Path, signer: Signer) -> str:
    """The one venue of `chosen`, all of which lies here as it was sealed."""
    if not chosen:
        raise EvidenceError("there is no evidence to export")
    venues = sorted({one.venue_id for one in chosen})
    if len(venues) > 1:
        raise EvidenceError(
            f"a case belongs to the ledger of one venue, this is of {' and '.join(venues)}; export one each"
        )
    for one in chosen:
        require_here(one)
        troubles = troubles_of(one, segments_dir, signer.public)
        if troubles:
            raise TamperedError(
                f"evidence {one.id} is not as it was sealed ({'; '.join(troubles)}), nothing was exported;"
                " `sightline evidence verify` tells more"
            )
    return venues[0]


def require_here(one: StoredEvidence) -> None:
    """Make sure that the clips of a piece of evidence can be handed out.

    Raises:
        EvidenceError: wanted, missing, deleted, or moved to its receiver.
    """
    if one.moved_at is not None:
        raise EvidenceError(
            f"the clips of evidence {one.id} lie at their receiver since {one.moved_at:%Y-%m-%d %H:%M} UTC;"
            " get them from there, or leave it out"
        )
    if one.state == "wanted":
        raise EvidenceError(f"evidence {one.id} is not sealed yet; export it once it is")
    if one.state != "sealed":
        why = f" ({one.failure})" if one.failure else ""
        raise EvidenceError(f"evidence {one.id} is {one.state}{why}: there is no clip to export")


def _tell_ledger(
    scope: Scope, connection: Connection, one: StoredEvidence, exported_by: str, now: datetime
) -> None:
    ledger.add_entry(
        scope,
        connection,
        venue_id=one.venue_id,
        action=EXPORTED,
        subject_kind=EVIDENCE,
        subject_id=one.id,
        actor=exported_by,
        facts={"manifest_sha256": one.manifest_sha256},
        at=now,
    )


def _read_again(scope: Scope, connection: Connection, ids: Sequence[str]) -> list[StoredEvidence]:
    found = [evidence_store.get_evidence(scope, connection, one) for one in ids]
    here = [one for one in found if one is not None]
    for one in here:
        require_here(one)
    return sorted(here, key=lambda one: (one.wanted_from, one.id))


def _copy(target: zipfile.ZipFile, clip: CaseClip, at: datetime) -> None:
    entry = _entry(clip.name, at)
    entry.file_size = clip.size_bytes  # tells whether the header needs room for 64 bits
    digest = hashlib.sha256()
    try:
        source = clip.source.open("rb")
    except OSError as error:
        raise EvidenceError(f"the sealed clip {clip.source} cannot be read ({error.strerror})") from error
    with source, target.open(entry, "w") as copy:
        while piece := source.read(_CHUNK_BYTES):
            digest.update(piece)
            copy.write(piece)
    if digest.hexdigest() != clip.sha256:
        raise TamperedError(f"{clip.source.name} was altered while it was exported; nothing was exported")


def _put(target: zipfile.ZipFile, name: str, content: bytes, at: datetime) -> None:
    target.writestr(_entry(name, at), content)


def _entry(name: str, at: datetime) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, at.astimezone(UTC).timetuple()[:6])
    entry.external_attr = _REGULAR_FILE
    return entry
